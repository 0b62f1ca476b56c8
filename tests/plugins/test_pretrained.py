"""Networks with published weights: real architectures, built by spandrel, saved, loaded, and held against themselves."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchbench import SpecError, Task, TrialError
from benchbench.checks import case_of, check
from benchbench.contracts.digests import component_digest
from benchbench.registry.registry import registry
from benchbench_plugins.degradations.none import Nothing
from benchbench_plugins.models import pretrained
from benchbench_plugins.models.pretrained import OfOneSize, Pretrained, resized

pytest.importorskip("spandrel.architectures", reason="needs the extra: pip install '.[pretrained]'")
TASK = Task(24, Nothing())


@pytest.fixture(autouse=True)
def weights_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty folder of weights, and nothing remembered of other files."""
    monkeypatch.setenv("BENCHBENCH_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub._hub_dir", None)
    yield tmp_path / "weights"
    pretrained.load.cache_clear()


def images(n: int, side: int) -> Tensor:
    """Smooth images `(n, 3, side, side)`."""
    source = torch.Generator().manual_seed(n * side)
    return nn.functional.avg_pool2d(torch.rand(n, 3, side + 4, side + 4, generator=source), 5, stride=1)


def upscaler(scale: int = 4, channels: int = 3) -> nn.Module:
    """Real-ESRGAN's compact network, small."""
    from spandrel.architectures.Compact import Compact

    torch.manual_seed(1)
    return Compact(num_in_ch=channels, num_out_ch=channels, num_feat=8, num_conv=2, upscale=scale).eval()


def nafnet() -> nn.Module:
    """NAFNet, whose sides must be multiples of 4, and whose blocks do something."""
    from spandrel.architectures.NAFNet import NAFNet

    torch.manual_seed(2)
    network = NAFNet(width=8, middle_blk_num=1, enc_blk_nums=[1, 1], dec_blk_nums=[1, 1]).eval()
    for name, parameter in network.named_parameters():
        if name.endswith(("beta", "gamma")):
            nn.init.constant_(parameter, 0.3)
    return network


def restoreformer() -> nn.Module:
    """RestoreFormer at a fraction of its width; it needs faces of 512 px."""
    from spandrel.architectures.RestoreFormer import RestoreFormer

    torch.manual_seed(3)
    return RestoreFormer(n_embed=16, embed_dim=32, ch=32, ch_mult=(1,) * 6, num_res_blocks=1, z_channels=32).eval()


def saved(network: nn.Module, path: Path, wrap: str = "params") -> Path:
    path.parent.mkdir(exist_ok=True)
    torch.save({wrap: network.state_dict()}, path)
    return path


def restored(model: Pretrained, degraded: Tensor, size: int = 24) -> Tensor:
    with torch.no_grad():
        return model.build(Task(size, Nothing()))(degraded)


def test_what_the_networks_own_class_gives_comes_out(tmp_path: Path) -> None:
    """24 px are a multiple of 4, and nothing is resized."""
    network, degraded = nafnet(), images(3, 24)
    found = restored(Pretrained(str(saved(network, tmp_path / "naf.pth"))), degraded)
    with torch.no_grad():
        expected = network(degraded).clamp(0, 1)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
    assert not torch.equal(found, degraded)


def test_an_upscalers_output_is_reduced_and_it_can_be_given_a_small_image(tmp_path: Path) -> None:
    network, degraded = upscaler(), images(2, 24)
    file = str(saved(network, tmp_path / "x4.pth"))
    with torch.no_grad():
        whole = network(degraded).clamp(0, 1)
        small = network(resized(degraded, 6, 6)).clamp(0, 1)
    assert whole.shape[-1] == 96
    torch.testing.assert_close(restored(Pretrained(file), degraded), resized(whole, 24, 24), rtol=0, atol=1e-6)
    torch.testing.assert_close(restored(Pretrained(file, size=6), degraded), small, rtol=0, atol=1e-6)
    assert "gives 96 px, which are resized to 24 px" in Pretrained(file).notes(TASK)[1]
    assert Pretrained(file, size=6).notes(TASK)[1] == "gets images resized to 6 px"


def test_resizing_keeps_grey_levels_and_the_middle(tmp_path: Path) -> None:
    """Up and down again, an image is nearly what it was; half a pixel aside it would not be."""
    photograph = resized(images(2, 12), 48, 48)
    again = resized(resized(photograph, 512, 512), 48, 48)
    assert float((again - photograph).abs().max()) < 0.02
    flat = torch.full((1, 3, 24, 24), 0.4)
    torch.testing.assert_close(resized(resized(flat, 96, 96), 24, 24), flat)


def test_a_network_of_faces_gets_512_px(tmp_path: Path) -> None:
    model = Pretrained(str(saved(restoreformer(), tmp_path / "face.pth", "state_dict")))
    assert model.build(TASK).side == 512
    assert "gets images resized to 512 px" in model.notes(TASK)[1]
    assert Pretrained(str(tmp_path / "face.pth"), size=64).build(TASK).side == 64


def test_sides_that_a_network_cannot_take_are_padded_and_cut_again(tmp_path: Path) -> None:
    from spandrel.architectures.SAFMN import SAFMN

    torch.manual_seed(4)
    network, degraded = SAFMN(dim=8, n_blocks=1, upscaling_factor=1), images(1, 22)
    model = Pretrained(str(saved(network, tmp_path / "safmn.pth")))
    with torch.no_grad():
        expected = network(nn.functional.pad(degraded, (0, 2, 0, 2), "reflect"))[..., :22, :22].clamp(0, 1)
    torch.testing.assert_close(restored(model, degraded, 22), expected, rtol=0, atol=1e-6)
    assert "padded to 24 × 24 px" in model.notes(Task(22, Nothing()))[1]


def test_a_network_of_grey_images_restores_each_channel_by_itself(tmp_path: Path) -> None:
    network, degraded = upscaler(scale=1, channels=1), images(2, 24)
    model = Pretrained(str(saved(network, tmp_path / "grey.pth")))
    with torch.no_grad():
        expected = torch.cat([network(degraded[:, c : c + 1]) for c in range(3)], 1).clamp(0, 1)
    torch.testing.assert_close(restored(model, degraded), expected, rtol=0, atol=1e-6)
    assert "each colour channel by itself" in model.notes(TASK)[1]


def test_what_a_network_draws_depends_on_nothing_else() -> None:
    """GFPGAN adds noise, drawn from torch's own generator: neither the batch nor what came before may matter."""

    class Noisy(nn.Module):
        model, input_channels = nn.Identity(), 3

        def forward(self, image: Tensor) -> Tensor:
            return (image + torch.randn_like(image)).view(1, -1).view_as(image)  # which takes one layout only

    module, batch = OfOneSize(Noisy(), None), images(3, 8).contiguous(memory_format=torch.channels_last)
    whole = module(batch)
    state = torch.get_rng_state()
    torch.testing.assert_close(module(batch[2:]), whole[2:], rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), state)


# ── what identifies it ───────────────────────────────────────────────────────────────────────────────────────────────


def test_its_identity_is_the_files_content_not_where_it_lies(tmp_path: Path) -> None:
    file = saved(upscaler(), tmp_path / "a" / "x4.pth")
    moved, renamed = tmp_path / "b" / "x4.pth", tmp_path / "b" / "net_g.pth"
    other = saved(upscaler(scale=2), tmp_path / "c" / "x4.pth")
    moved.parent.mkdir()
    moved.write_bytes(file.read_bytes())
    renamed.write_bytes(file.read_bytes())
    models = [Pretrained(str(path)) for path in (file, moved, renamed, other)]
    digests = [component_digest(model) for model in models]
    assert len(set(digests[:3])) == 1
    assert digests[3] != digests[0]
    assert component_digest(Pretrained(str(file), size=6)) != digests[0]
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert str(models[0]) == f"pretrained:weights=x4.pth,sha256={sha256[:16]}"
    assert str(models[3]) != str(models[0])  # two files of one name are two rows
    assert str(tmp_path) not in "".join(map(str, models))


def test_a_boards_row_can_be_resolved_without_the_file_and_finds_it_among_the_weights(weights_folder: Path) -> None:
    file = saved(upscaler(), weights_folder / "x4.pth")
    model, digest = Pretrained("x4.pth"), component_digest(Pretrained("x4.pth"))
    sent = pickle.dumps(model)
    file.unlink()
    row = registry().resolve("model", str(model))
    assert row == model
    assert component_digest(row) == digest
    assert (row.unavailable(TASK) or "").startswith("needs x4.pth in ")
    with pytest.raises(TrialError, match="pretrained needs x4"):
        row.build(TASK)
    saved(upscaler(), file)
    assert row.unavailable(TASK) is None
    assert pickle.loads(sent).build(TASK)


def test_it_keeps_the_laws_of_models(tmp_path: Path) -> None:
    model = Pretrained(str(saved(nafnet(), tmp_path / "naf.pth")))
    assert [str(finding) for finding in check(case_of(model, size=16)) if finding.status == "broken"] == []


# ── what goes wrong, in one line ─────────────────────────────────────────────────────────────────────────────────────


def test_a_missing_file_and_another_file_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"no file 'nowhere/x\.pth': name it by its path, or put it into .*weights"):
        Pretrained("nowhere/x.pth")
    file = saved(upscaler(), tmp_path / "x4.pth")
    with pytest.raises(SpecError, match=r"is another file: its SHA-256 is [0-9a-f]{16}, not 0000"):
        Pretrained(str(file), sha256="0000")
    with pytest.raises(SpecError, match="no SHA-256"):
        Pretrained(str(file), sha256="GFPGAN")


class Code:
    """What a harmful pickle holds."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("exit 1",)


def no_network(path: Path) -> None:
    torch.save({"params": {"strange.weight": torch.zeros(3)}}, path)


def two_channels(path: Path) -> None:
    torch.save({"params": upscaler(channels=2).state_dict()}, path)


BAD: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "code": ("x.pth", lambda p: torch.save({"params": Code()}, p), "holds code, which is not run: save its state_dict"),
    "no network": ("x.pth", no_network, "knows no network with the tensors of x.pth"),
    "no weights": ("x.pth", lambda p: p.write_bytes(b"a photograph"), "x.pth cannot be read: it must be"),
    "cut off": ("x.safetensors", lambda p: p.write_bytes(b"\0" * 9), "x.safetensors cannot be read: it must be"),
    "ending": ("x.zip", lambda p: p.write_bytes(b""), "it must be .pth, .ckpt, .pt or .safetensors"),
    "channels": ("x.pth", two_channels, "takes 2 channels and gives 2; images here have 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_is_no_such_network_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    name, write, reason = BAD[case]
    write(tmp_path / name)
    with pytest.raises(TrialError) as refusal:
        Pretrained(str(tmp_path / name)).build(TASK)
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_changes_between_its_naming_and_its_use_is_refused(tmp_path: Path) -> None:
    file = saved(upscaler(), tmp_path / "x4.pth")
    model = Pretrained(str(file))
    saved(upscaler(scale=2), file)
    with pytest.raises(TrialError, match="has changed since it was named"):
        model.build(TASK)


# ── on a board ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.slow
def test_from_a_file_to_the_open_track_of_a_board(tmp_path: Path) -> None:
    file = saved(upscaler(), tmp_path / "x4.pth")
    options = [
        "--dataset",
        "faces:n=40",
        "--size",
        "24",
        "--degrade",
        "pixelate",
        "--metric",
        "psnr",
        "--device",
        "cpu",
    ]
    command = [sys.executable, "-m", "benchbench", "run", *options, "--out", str(tmp_path / "runs")]
    command += ["--model", "bicubic", "--model", f"pretrained:weights={file}"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=100)
    assert done.returncode == 0, done.stderr
    [board] = (tmp_path / "runs").rglob("pixelate.md")
    text = board.read_text()
    [row] = [line for line in text.splitlines() if line.startswith("| open 1 ")]
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    assert f"x4.pth,sha256={sha256[:16]}" in row.replace("\\", "")
    assert "**" not in row
    assert "Real-ESRGAN" in text
    assert "gives 96 px, which are resized to 24 px" in text
    assert str(tmp_path) not in text
