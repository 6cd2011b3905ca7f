"""From a face and a voice to a talking video: see `lip_syncer.LipSyncer`."""
