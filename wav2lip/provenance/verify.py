"""Read the Content Credentials of a file, and check them."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from wav2lip.errors import InputError
from wav2lip.provenance.c2pa_settings import settings
from wav2lip.provenance.manifest import SHA256, Ingredient
from wav2lip.types import PathLike
from wav2lip.utils.extras import require_extra

State: TypeAlias = Literal["Trusted", "Valid", "Invalid"]
LONGEST = 200  # characters of a text that is shown
PROBLEMS = {  # status code of C2PA -> what it means
    "signingCredential.untrusted": "the authority of the signer's certificate is not among the trusted ones",
    "assertion.bmffHash.mismatch": "the file was changed after it was signed",
    "assertion.dataHash.mismatch": "the file was changed after it was signed",
    "assertion.hashedURI.mismatch": "the manifest was changed after it was signed",
    "claimSignature.mismatch": "the manifest was changed after it was signed",
    "signingCredential.expired": "the certificate has expired, and no trusted timestamp is older",
}


@dataclass(frozen=True)
class Credentials:
    """The Content Credentials of a file. Its texts are those of whoever signed it.

    Attributes:
        state: "Trusted": unchanged, signed by a certificate of a trusted authority; "Valid": unchanged, signed by
            somebody unknown; "Invalid": changed, damaged, or signed with an invalid certificate.
        signer: name in the certificate; empty if it cannot be read.
        generator: program that made the file, with its version.
        timestamp: time of the signature by a time-stamping authority; empty if there is none.
        timestamp_trusted: whether that authority is trusted.
        created: time of the signature by the signer's own clock; empty if it is not stated.
        source_type: IPTC's term for how the file was made, such as "compositeWithTrainedAlgorithmicMedia".
        ingredients: what it was made from.
        problems: why the state is not "Trusted".
    """

    state: State
    signer: str = ""
    generator: str = ""
    timestamp: str = ""
    timestamp_trusted: bool = False
    created: str = ""
    source_type: str = ""
    ingredients: list[Ingredient] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def _text(value: object) -> str:
    """Return a text on one line without control characters: what a file says must not look like our own output."""
    words = " ".join(str(value or "").split())
    return "".join(letter for letter in words if letter.isprintable())[:LONGEST]


def _problems(results: dict[str, Any]) -> list[str]:
    found = []
    for failure in results.get("failure", []):
        code, reason = _text(failure.get("code")), _text(failure.get("explanation"))
        found.append(PROBLEMS.get(code, f"{code}: {reason}" if reason else code))
    return list(dict.fromkeys(found))


def _actions(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        action
        for assertion in manifest.get("assertions", [])
        if str(assertion.get("label", "")).startswith("c2pa.actions")
        for action in assertion.get("data", {}).get("actions", [])
    ]


def _ingredient(item: dict[str, Any]) -> Ingredient:
    metadata = item.get("metadata") or {}
    role = _text(item.get("description")) or _text(item.get("relationship"))
    return Ingredient(role, _text(item.get("title")), _text(metadata.get(SHA256)))


def _credentials(report: dict[str, Any]) -> Credentials:
    manifest = report["manifests"][report["active_manifest"]]
    signature = manifest.get("signature_info") or {}
    programs = manifest.get("claim_generator_info") or [{}]
    actions = _actions(manifest)
    results = (report.get("validation_results") or {}).get("activeManifest") or {}
    created = next((a for a in actions if a.get("digitalSourceType")), {})
    return Credentials(
        report["validation_state"],
        _text(signature.get("common_name") or signature.get("issuer")),
        _text(f"{programs[0].get('name', '')} {programs[0].get('version', '')}"),
        _text(signature.get("time")),
        any(status.get("code") == "timeStamp.trusted" for status in results.get("success", [])),
        _text(created.get("when")),
        _text(created.get("digitalSourceType")).rpartition("/")[2],
        [_ingredient(item) for item in manifest.get("ingredients", [])],
        _problems(results),
    )


def read_credentials(path: PathLike, trust: PathLike | None = None) -> Credentials | None:
    """Read and check the Content Credentials of a video, image or sound. Uses no network.

    Args:
        path: the file.
        trust: PEM file with the certificates of the authorities that you trust.

    Returns:
        None if the file has none.

    Raises:
        InputError: the extra `sign` is not installed, a file cannot be read, or `trust` holds no certificate.
    """
    c2pa: Any = require_extra("c2pa", "sign")
    require_extra("cryptography", "sign")
    from wav2lip.provenance.certificate import read_certificates, to_pem

    anchors = "" if trust is None else to_pem(read_certificates(Path(trust))).decode()
    try:
        with (
            Path(path).open("rb") as file,
            c2pa.Context.from_dict(settings(anchors)) as context,
            c2pa.Reader("", file, context=context) as reader,
        ):
            return _credentials(json.loads(reader.json()))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported):
        return None
    except c2pa.C2paError as error:
        return Credentials("Invalid", problems=[f"cannot be read: {_text(error)}"])
