"""Settings of the C2PA library. Nothing here or in what it then does uses the network."""

from typing import Any

# What a certificate may be for, by its extended key usage: the list of c2pa-rs (valid_eku_oids.cfg), which knows e-mail
# protection alone unless it is given. A certificate that signs videos has one of the first four.
KEY_USAGES = (
    "1.3.6.1.4.1.62558.2.1",  # C2PA claim signing
    "1.3.6.1.5.5.7.3.36",  # document signing
    "1.3.6.1.5.5.7.3.4",  # e-mail protection
    "1.3.6.1.4.1.311.76.59.1.9",  # Microsoft's C2PA signing
    "1.3.6.1.5.5.7.3.8",  # time stamps
    "1.3.6.1.5.5.7.3.9",  # OCSP responses
)


def settings(anchors: str = "") -> dict[str, Any]:
    """Return the library's settings.

    Args:
        anchors: certificates of trusted authorities, PEM.
    """
    trust = {"trust_config": "\n".join(KEY_USAGES)}
    return {
        "builder": {"thumbnail": {"enabled": False}},
        "trust": trust | ({"user_anchors": anchors} if anchors else {}),
        "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    }
