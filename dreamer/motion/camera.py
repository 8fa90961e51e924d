"""The camera between two frames: zoom, rotation and pan composed in one matrix, applied in one resampling."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from dreamer.dreaming.filters import gaussian_blur, resized
from dreamer.dreaming.noise import noise_picture
from dreamer.presets.model.animation import Animation

# Pixels kept around a wrapped picture, so that the bicubic kernel finds its neighbors across the edge.
_WRAP_MARGIN = 4
_GROWN_CONTRAST, _GROWN_BLUR = 0.05, 3.0
# Halfway between pixels the bicubic kernel leaves 0.63 of fine detail (three quarters of the highest frequency), at a
# pixel all of it, in between nearly a cosine. Three taps with this at either side leave 0.63 at a pixel, too.
_EVEN_SIDE = 0.109


@dataclass(frozen=True)
class Camera:
    """Where a point of the new frame lies in the old one: `p_old = linear @ p_new + shift`.

    Points are (x, y) in shorter sides of the canvas, from its middle. `linear` is row by row: (xx, xy, yx, yy).
    """

    linear: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 1.0)
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def magnification(self) -> float:
        """How much larger things get from the old frame to the new one."""
        xx, xy, yx, yy = self.linear
        return 1 / math.sqrt(abs(xx * yy - xy * yx))

    @property
    def still(self) -> bool:
        """Whether nothing moves."""
        return self == Camera()

    def then(self, later: Camera) -> Camera:
        """This move and `later` after it: a point is looked up in the middle frame, then in the first."""
        a, b, c, d = self.linear
        e, f, g, h = later.linear
        x, y = later.shift
        linear = (a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)
        return Camera(linear, (a * x + b * y + self.shift[0], c * x + d * y + self.shift[1]))

    def reversed(self) -> Camera:
        """The move back."""
        a, b, c, d = self.linear
        determinant = a * d - b * c
        a, b, c, d = d / determinant, -b / determinant, -c / determinant, a / determinant
        x, y = self.shift
        return Camera((a, b, c, d), (-(a * x + b * y), -(c * x + d * y)))


def camera_over(animation: Animation, seconds: float, aspect: tuple[float, float]) -> Camera:
    """The move of `seconds` at an animation's rates. `aspect`: width and height over the shorter side."""
    zoom = animation.zoom**seconds
    angle = math.radians(animation.rotate) * seconds
    cos, sin = math.cos(angle) / zoom, math.sin(angle) / zoom
    linear = (cos, -sin, sin, cos)
    x, y = ((share - 0.5) * side for share, side in zip(animation.center, aspect, strict=True))
    pan_x, pan_y = (
        rate * seconds * side for rate, side in zip((animation.pan_x, animation.pan_y), aspect, strict=True)
    )
    # The center stays where it is, but for the pan.
    return Camera(linear, (x - (linear[0] * x + linear[1] * y) + pan_x, y - (linear[2] * x + linear[3] * y) + pan_y))


def aspect_of(height: int, width: int) -> tuple[float, float]:
    """Width and height over the shorter side."""
    shorter = min(height, width)
    return width / shorter, height / shorter


def moved(image: Tensor, camera: Camera, border: str) -> Tensor:
    """Show (B, 3, H, W) float32 in [0, 1] as the camera sees it after its move, in one bicubic resampling.

    `border`: "reflect", "wrap" or "grow" (as reflect; see `grown`) for what comes in from outside. Where things get
    much smaller the picture is shrunk with antialiasing first. All places are blurred alike. Values are clamped to
    [0, 1].
    """
    if camera.still:
        return image
    height, width = image.shape[-2:]
    source = image
    if camera.magnification < 0.9:
        rows, columns = (max(2, round(side * camera.magnification)) for side in (height, width))
        source = resized(image, rows, columns)
    grid = _grid(camera, height, width, image.device)
    if border == "wrap":
        source, grid = _wrapped(source, grid)
    pixels = grid.new_tensor(source.shape[:1:-1])
    grid = grid.expand(len(image), height, width, 2)
    view = F.grid_sample(source, grid, mode="bicubic", padding_mode="reflection", align_corners=False)
    if camera.linear != Camera().linear:
        view = _evened(view, grid[:1], pixels)
    return view.clamp_(0, 1)


def grown(image: Tensor, camera: Camera, generator: Generator) -> Tensor:
    """Roughen what came in from outside of a moved (1, 3, H, W) frame, so that something new can grow there.

    It is the mirrored picture, blurred and under gray noise, which takes its symmetry away.
    """
    height, width = image.shape[-2:]
    outside = (_grid(camera, height, width, image.device).abs().amax(3, keepdim=True) > 1).permute(0, 3, 1, 2)
    if not outside.any():
        return image
    noise = noise_picture(height, width, color="gray", contrast=_GROWN_CONTRAST, generator=generator) - 0.5
    rough = gaussian_blur(image, _GROWN_BLUR) + noise.to(image.device)
    share = gaussian_blur(outside.to(image.dtype), 2.0)
    return torch.lerp(image, rough, share).clamp(0, 1)


def _grid(camera: Camera, height: int, width: int, device: torch.device) -> Tensor:
    """(1, H, W, 2) places to look up, in [-1, 1] from edge to edge as `grid_sample` wants them."""
    wide, high = aspect_of(height, width)
    x = (((torch.arange(width, device=device) + 0.5) / width - 0.5) * wide).view(1, -1)
    y = (((torch.arange(height, device=device) + 0.5) / height - 0.5) * high).view(-1, 1)
    xx, xy, yx, yy = camera.linear
    across, down = xx * x + xy * y + camera.shift[0], yx * x + yy * y + camera.shift[1]
    return torch.stack([across * (2 / wide), down * (2 / high)], 2).unsqueeze(0)


def _evened(view: Tensor, grid: Tensor, pixels: Tensor) -> Tensor:
    """Blur what the bicubic kernel has left sharp: places whose pixels were copied, not mixed.

    Frame after frame they are the same (the axes through the middle of a zoom), and would grow into a visible cross.
    `pixels`: width and height of the picture that `grid` looks at.
    """
    # The first of the pixels between -1 and 1 lies half a pixel inside.
    copied = (((grid + 1) * pixels - 1) * (math.pi / 2)).cos_().square_() * _EVEN_SIDE
    copied_x, copied_y = copied.unsqueeze(1).unbind(4)
    ringed = F.pad(view, (1, 1, 1, 1), mode="replicate")
    across = (ringed[..., 1:-1, :-2] + ringed[..., 1:-1, 2:]).sub_(view, alpha=2)
    down = (ringed[..., :-2, 1:-1] + ringed[..., 2:, 1:-1]).sub_(view, alpha=2)
    return view.addcmul_(copied_x, across).addcmul_(copied_y, down)


def _wrapped(image: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    height, width = image.shape[-2:]
    margin = min(_WRAP_MARGIN, height, width)
    padded = F.pad(image, (margin, margin, margin, margin), mode="circular")
    inside = torch.remainder(grid + 1, 2) - 1
    return padded, inside * inside.new_tensor([width / (width + 2 * margin), height / (height + 2 * margin)])
