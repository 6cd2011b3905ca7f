from wav2lip.checkpoints import TrainingId, load_network, save_network
from wav2lip.evaluation.held_out import held_out_warning
from wav2lip.evaluation.judge import LoadedJudge, load_judge
from wav2lip.evaluation.views import FaceView
from wav2lip.metrics.judges import ExpertJudge, SyncNetV2Judge
from wav2lip.models import SyncNet, SyncNetV2


def loaded(training_id, sha256="abc"):
    network = SyncNet(width=0.125, stem_stride=2, embedding=8)
    judge = ExpertJudge(network, lambda pcm, count: pcm)
    return LoadedJudge(
        judge, FaceView(96), FaceView(96), "judge.ckpt", sha256, TrainingId.parse(training_id)
    )


def test_the_judge_that_trained_the_generator_is_found_out():
    judge = loaded("seed 1, clips 0a0a")
    assert "trained the generator" in held_out_warning(judge, {"expert_id": "seed 1, clips 0a0a"})
    assert "the same clips" in held_out_warning(judge, {"expert_id": "seed 2, clips 0a0a"})
    assert held_out_warning(judge, {"expert_id": "seed 2, clips 0b0b"}) is None
    assert held_out_warning(judge, {"expert_id": "none"}) is None
    assert "does not say" in held_out_warning(judge, {})


def test_the_judge_that_trained_what_the_generator_started_from_is_found_out():
    judge = loaded("seed 1, clips 0a0a")
    metadata = {"expert_id": "f00d", "earlier_expert_ids": "cafe; seed 1, clips 0a0a"}
    assert "trained the generator" in held_out_warning(judge, metadata)


def test_an_expert_without_an_id_is_known_by_its_file():
    judge = loaded(None, sha256="f00d")
    assert "trained the generator" in held_out_warning(judge, {"expert_id": "f00d"})
    assert held_out_warning(judge, {"expert_id": "seed 2, clips 0b0b"}) is None


def test_the_published_judge_trains_nobody():
    judge = LoadedJudge(
        SyncNetV2Judge(SyncNetV2()), FaceView(224), FaceView(224), "v2", "abc", None
    )
    assert held_out_warning(judge, {}) is None


def test_ids_go_from_the_training_run_into_every_checkpoint(judge_file, tmp_path):
    judge = load_judge(str(judge_file))
    assert judge.training_id.seed == "0"
    assert len(judge.training_id.clips) == 8
    copy = load_network(judge_file, "syncnet")
    save_network(tmp_path / "slim.safetensors", copy.network, copy.config, copy.metadata)
    slim = load_judge(str(tmp_path / "slim.safetensors"))
    assert slim.training_id == judge.training_id
    assert slim.sha256 != judge.sha256
