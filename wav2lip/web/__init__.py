"""An HTTP server that renders: jobs with a queue, and a page. `wav2lip serve` starts it.

Requires the extra `web`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "app": ["create_app"],
        "job_store": ["JobRecord", "JobStore"],
        "limits": ["Limits"],
        "server_settings": ["ServerSettings"],
    },
)
