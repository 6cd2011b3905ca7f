import pytest
import torch

from wav2lip.models.warp import MAX_FLOW, SKIN, WarpBlend


@pytest.fixture
def face():
    return torch.rand(2, 6, 32, 32, generator=torch.Generator().manual_seed(1))


def maps(flow_x=0.0, blend=-20.0, colour=0.0):
    out = torch.zeros(2, 6, 32, 32)
    out[:, 0], out[:, 2], out[:, 3:] = flow_x, blend, colour
    return out


def lower(maps, reference):
    warp_blend = WarpBlend()
    return warp_blend.render(warp_blend.layers(maps, reference), reference)


def test_without_flow_or_blend_the_lower_half_is_the_reference_and_the_upper_the_target(face):
    out = WarpBlend()(maps(), face)
    assert out.shape == (2, 3, 32, 32)
    assert torch.equal(out[:, :, :16], face[:, :3, :16])
    assert torch.allclose(out[:, :, 16:], face[:, 3:, 16:], atol=1e-5)


def test_flow_fetches_from_the_right_by_a_quarter_of_the_side(face):
    out = WarpBlend()(maps(flow_x=20.0), face)  # tanh(20) is 1
    step = round(MAX_FLOW * 32)
    assert step == 8
    assert torch.allclose(out[:, :, 16:, :24], face[:, 3:, 16:, 8:], atol=1e-5)
    last = face[:, 3:, 16:, -1:].expand(2, 3, 16, 8)
    assert torch.allclose(out[:, :, 16:, 24:], last, atol=1e-5)


def test_full_blend_shows_the_colour_alone_in_the_references_light(face):
    face[:, 3:] = 0.5 * torch.tensor(SKIN)[:, None, None]  # an average face
    out = WarpBlend()(maps(blend=20.0, colour=0.0), face)
    assert torch.allclose(out[:, :, 16:], torch.full((2, 3, 16, 32), 0.5), atol=1e-6)
    face[:, 3] *= 0.7  # warmer light: less blue, so the mean falls to 1 - 0.3 * 0.78 / 3
    out = WarpBlend()(maps(blend=20.0, colour=0.0), face)
    expected = 0.5 * torch.tensor([0.7, 1.0, 1.0]) / (1 - 0.3 * 0.78 / 3)
    assert torch.allclose(out[0, :, 20, 7], expected, atol=1e-4)


def test_black_has_no_tint_and_colours_stay_in_range(face):
    face[:, 3:] = 0
    assert WarpBlend.tint(face[:, 3:]).flatten().tolist() == [0.5] * 6
    out = WarpBlend()(maps(blend=20.0, colour=20.0), torch.rand_like(face))
    assert out.max() <= 1


def test_maps_serve_a_reference_of_higher_resolution(face):
    torch.manual_seed(0)
    smooth = torch.nn.functional.interpolate(torch.randn(2, 6, 4, 4), 32, mode="bicubic")
    large = torch.nn.functional.interpolate(face, 128, mode="bilinear")
    small, detailed = WarpBlend()(smooth, face), WarpBlend()(smooth, large)
    assert detailed.shape == (2, 3, 128, 128)
    back = torch.nn.functional.avg_pool2d(detailed, 4)
    assert (back - small)[
        :, :, 18:
    ].abs().mean() < 0.06  # of noise, which the sizes sample differently
    assert torch.equal(detailed[:, :, :64], large[:, :3, :64])


def test_the_grid_of_a_folded_network_is_not_magnified(face):
    grid = ((torch.arange(32)[:, None] + torch.arange(32)) % 2).float().expand(2, 6, 32, 32) - 0.5
    flat = lower(torch.zeros(2, 6, 32, 32), torch.full((2, 3, 96, 96), 0.5))
    rough = maps(blend=20.0) + torch.cat([torch.zeros(2, 3, 32, 32), 4 * grid[:, 3:]], dim=1)
    rendered = lower(rough, torch.full((2, 3, 96, 96), 0.5))
    assert rendered.shape == flat.shape == (2, 3, 48, 96)
    inside = rendered[..., 6:-6, 6:-6]
    assert (inside - inside.mean((2, 3), keepdim=True)).abs().max() < 1e-5


def test_every_map_gets_a_gradient(face):
    inputs = torch.randn(2, 6, 32, 32).requires_grad_()
    (WarpBlend()(inputs, face) - face[:, :3]).abs().mean().backward()
    assert (inputs.grad.abs().amax(dim=(0, 2, 3)) > 0).all()


def test_two_passes_in_one_equal_two_in_turn(face):
    warp_blend = WarpBlend()
    torch.manual_seed(0)
    rough = torch.randn(2, 2, 6, 4, 4)
    first, second = (torch.nn.functional.interpolate(r, 32, mode="bicubic") for r in rough)
    reference = torch.nn.functional.interpolate(face[:, 3:, ::8, ::8], 32, mode="bicubic").clamp(
        0, 1
    )
    one, two = (warp_blend.layers(m, reference) for m in (first, second))
    between = torch.cat([reference[:, :, :16], warp_blend.render(one, reference)], dim=2)
    in_turn = warp_blend.render(two, between)
    joined = warp_blend.chain(one, two)
    assert joined.shape == (2, 6, 16, 32)
    difference = (warp_blend.render(joined, reference) - in_turn).abs()
    assert difference.mean() < 0.01 < (in_turn - between[:, :, 16:]).abs().mean() / 5
    still = warp_blend.layers(maps(), reference)
    alone = warp_blend.render(warp_blend.chain(still, two), reference)
    assert torch.allclose(alone, warp_blend.render(two, reference), atol=1e-5)


def test_two_passes_leave_no_seam_at_the_middle(face):
    warp_blend = WarpBlend()
    grey = torch.full_like(face[:, 3:], 0.5)
    one = warp_blend.layers(maps(blend=20.0, colour=0.0), grey)  # colour alone, about as grey
    two = warp_blend.layers(maps(), grey)
    two[:, 1] = -0.5 / 16  # half a pixel up, across the middle line
    shown = warp_blend.render(warp_blend.chain(one, two), grey)
    own, given = one[0, 3:, 5, 5], grey[0, :, 0, 0]
    assert torch.allclose(shown[0, :, 0, 7], (own + given) / 2, atol=1e-4)
    assert torch.allclose(shown[0, :, 1, 7], own, atol=1e-4)
