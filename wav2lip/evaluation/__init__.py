"""Scores of whole videos: face segments, controls beside every score, tables and plots."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "ablation_table": ["tabulate"],
        "ablations": ["collect"],
        "evaluator": ["Evaluator"],
        "face_tracks": ["FaceTracks"],
        "held_out": ["held_out_warning"],
        "jobs": ["PairJob"],
        "judge": ["LoadedJudge", "load_judge"],
        "leak": ["ProbeAudio", "probe_leak"],
        "mouth_plots": ["leak_curve_figure", "mouth_figure"],
        "page": ["write_page"],
        "pairs": ["Pair"],
        "plot_files": ["write_plots"],
        "report": ["write_results"],
        "result_table": ["result_table"],
        "results": ["ClipScores", "Results"],
        "run": ["plan_pairs", "run_pairs"],
        "scorer": ["Scoring", "SyncScores", "embed_all", "score"],
        "segments": ["FaceSegment", "LargestFace", "largest_face", "read_pcm"],
        "setup": ["EvaluatorSetup"],
        "summary": ["Summary", "summarise"],
        "sync_report": ["SyncReport", "check_sync"],
        "table": ["Table"],
        "table_files": ["write_table_files"],
        "terminal": ["print_results"],
    },
)
