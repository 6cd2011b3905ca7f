"""Audio and video in and out, and the alignment of the two.

The submodules load on first use: `mel`, `alignment`, `pauses` and `pcm` need no video library.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "alignment": ["frame_times", "mel_windows", "retime"],
        "audio": ["load_wav", "read_sound"],
        "mel": ["mel_spectrogram"],
        "pauses": ["mute_pauses"],
        "pcm": ["from_pcm", "to_pcm", "write_wav"],
        "video": ["probe", "read_frames", "read_image"],
        "writer": ["VideoWriter"],
    },
)
