import os
import subprocess

import pytest

from wav2lip.utils.revision import code_revision

COMMIT = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "a"), ("EMAIL", "a@b"))
}


@pytest.fixture
def checkout(tmp_path):
    def git(*words: str) -> None:
        command = ["git", "-C", str(tmp_path), *words]
        subprocess.run(command, check=True, capture_output=True, env=os.environ | COMMIT)

    git("init")
    (tmp_path / "code.py").write_text("1")
    (tmp_path / "env").mkdir()
    git("add", "code.py")
    git("commit", "-m", "first", "--no-gpg-sign")
    return tmp_path


def test_a_commit_a_changed_checkout_and_a_folder_inside_another_repository(checkout):
    commit = code_revision(checkout)
    assert len(commit) == 12
    int(commit, 16)
    assert code_revision(checkout / "env").startswith("version ")
    (checkout / "code.py").write_text("2")
    code_revision.cache_clear()
    changed = code_revision(checkout)
    assert changed.startswith(f"{commit}+changes.")
    (checkout / "code.py").write_text("3")
    code_revision.cache_clear()
    assert code_revision(checkout) != changed
