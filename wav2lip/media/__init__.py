"""Audio and video in and out, and the alignment of the two.

The submodules load on first use. `alignment`, `denoise`, `mel`, `mel_reader`, `pauses`, `pcm` and `voice_activity`
need no video library.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "alignment": ["MelArray", "MelSource", "frame_times", "mel_start", "mel_windows"],
        "audio": ["load_wav", "read_mono", "read_channels"],
        "denoise": ["Denoiser", "denoised"],
        "mel": ["mel_blocks", "mel_spectrogram"],
        "mel_reader": ["MelReader"],
        "pauses": ["column_power", "find_pauses", "measure_sound", "mute_pauses", "read_pauses"],
        "pcm": ["from_pcm", "to_pcm", "write_wav"],
        "video": ["probe", "read_frames", "read_image"],
        "voice_activity": ["VoiceActivity", "voice_activity"],
        "writer": ["VideoWriter"],
    },
)
