"""Tune the bundled kind of generator to one person in minutes, and tell whether it is worth it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "material": ["Material", "film_material"],
        "motion_fit": ["LastLayer", "MotionFit", "fit_motion"],
        "mouth_fit": ["fit_mouth"],
        "tuning": ["load_start", "personalize", "write_personal"],
        "verdict": ["Verdict"],
    },
)
