"""Make a face say what is said in a sound file. The same as `wav2lip infer`; see --help."""

from wav2lip.cli.main import main

if __name__ == "__main__":
    main("infer")
