"""`python -m wav2lip` runs the program `wav2lip`."""

from wav2lip.cli.main import main

if __name__ == "__main__":
    main()
