"""Audit of clips: measure the sync of each, shift or drop what is off."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "auditor": ["SyncAuditor", "audit_folder", "measure_clip"],
        "report": ["AuditResult", "write_report"],
        "shift": ["shift_clip"],
    },
)
