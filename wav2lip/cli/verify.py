"""Check the Content Credentials of a video.

wav2lip verify talk.mp4 --trust authority.pem
"""

import sys

from wav2lip.cli.exit import exit_on_input_error
from wav2lip.cli.parser import OneLineParser, file_name
from wav2lip.provenance.manifest import ROLES
from wav2lip.provenance.verify import Credentials, read_credentials
from wav2lip.utils.stdout import say

GOOD, BAD = 0, 1  # exit codes


def build_parser() -> OneLineParser:
    """Build the parser of `wav2lip verify`. It raises InputError."""
    parser = OneLineParser(
        prog="wav2lip verify",
        description="Check the Content Credentials (C2PA) of a video, image or sound: unchanged since it was "
        "signed, by whom, and what it was made from. Exits with 1 if it was changed or has none. Uses no network. "
        "Requires the extra sign.",
    )
    parser.add_argument("file", metavar="FILE", type=file_name, help="the file to check")
    parser.add_argument(
        "--trust",
        type=file_name,
        metavar="ANCHOR",
        help="PEM file with the certificates of the authorities that you trust (default: none, so that every "
        "signer is unknown)",
    )
    return parser


def _state(found: Credentials) -> str:
    if found.state == "Trusted":
        return f"Trusted: unchanged since {found.signer} signed it"
    if found.state == "Valid":
        return f"Valid (unknown signer): unchanged since it was signed; the certificate names {found.signer}"
    return f"Invalid: {'; '.join(found.problems)}"


def lines(found: Credentials) -> list[str]:
    """Return what is known of a file, its state first."""
    authority = "a trusted" if found.timestamp_trusted else "an unknown"
    facts = {
        "made by": found.generator,
        "made": found.created and f"{found.created} by the signer's clock",
        "signed": found.timestamp and f"{found.timestamp} by {authority} time-stamping authority",
        "kind": found.source_type,
    }
    rows = [(name, text) for name, text in facts.items() if text]
    for item in found.ingredients:
        # Another role is a text of the signer's, which must not pass for one of the facts above.
        role = item.role if item.role in ROLES else f"part: {item.role}"
        rows.append((role, f"{item.name}  {item.sha256 and f'sha256 {item.sha256}'}".rstrip()))
    width = max((len(name) for name, _ in rows), default=0)
    return [_state(found), *(f"  {name:<{width}}  {text}" for name, text in rows)]


@exit_on_input_error
def main() -> int:
    """Parse, check, and print what is found."""
    args = build_parser().parse(sys.argv[1:])
    found = read_credentials(args.file, args.trust)
    if found is None:
        say(f"{args.file}: has no Content Credentials")
        return BAD
    say(f"{args.file}: " + "\n".join(lines(found)))
    return BAD if found.state == "Invalid" else GOOD
