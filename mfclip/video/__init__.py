"""Videos: frames sampled, faces followed, every face scored, one cautious summary a face.

    verdict = mfclip.predict_video(detector, "clip.mp4")

Frames are read with PyAV. torchvision, which has dropped its own video reader, recommends TorchCodec; that needs
FFmpeg's shared libraries on the machine, in a version it was built for, whereas PyAV's wheels bring theirs along.
PyAV is imported when a video is opened, not before. No frame is written to disk.
"""
