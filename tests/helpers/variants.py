"""Degradations with parameters other than their defaults."""

DEGRADATIONS = [
    "motion-blur:length=1..12,angle=-90..90",
    "motion-blur:length=7,angle=30",
    "occlude:count=3,fill=noise",
    "occlude:fill=mean",
    "pixel-flip:fraction=0.05..0.5",
    "quantize:levels=2..16",
    "jpeg:quality=5..95,subsampling=4:4:4",
    "downscale:factor=3",
    "rotate:angle=-180..180",
    "flip:direction=horizontal",
    "pixelate:block=5",
    "gaussian-blur:sigma=0.5..3",
    "gaussian-noise:sigma=0..0.3",
    "swirl:centre_x=0.3..0.7,centre_y=0.3..0.7",
]
