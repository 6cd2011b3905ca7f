import pytest
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from omegaconf import OmegaConf
from omegaconf.errors import InterpolationResolutionError

from wav2lip.cli.config_errors import as_input_error, exit_on_config_error
from wav2lip.cli.resolvers import register_resolvers
from wav2lip.errors import InputError


def fail_with(error):
    @exit_on_config_error
    def main():
        raise error

    return main


def test_our_own_error_is_found_beneath_hydras(capsys):
    outer = InstantiationException("Error in call to target")
    outer.__cause__ = InputError("a.ckpt: holds a generator")
    with pytest.raises(SystemExit) as caught:
        fail_with(outer)()
    assert caught.value.code == 2
    assert capsys.readouterr().err == "error: a.ckpt: holds a generator\n"


def test_what_a_resolver_says_of_a_file_is_said_as_it_is():
    register_resolvers()
    config = OmegaConf.create({"size": "${checkpoint:nowhere.ckpt,image_size}"})
    with pytest.raises(InterpolationResolutionError) as caught:
        _ = config.size
    assert str(as_input_error(caught.value)).startswith("nowhere.ckpt: ")


def test_an_unknown_key_is_named_with_the_nearest():
    config = OmegaConf.create({"data": {"batch_size": 2, "windows": 3}})
    OmegaConf.set_struct(config, True)
    with pytest.raises(Exception, match="batchsize") as caught:
        config.data.batchsize = 3
    text = str(as_input_error(caught.value))
    assert text == "config: unknown key data.batchsize; did you mean data.batch_size?"


def test_an_argument_that_a_class_does_not_take_is_named():
    with pytest.raises(InstantiationException) as caught:
        instantiate({"_target_": "wav2lip.losses.SyncContrast", "sacle": 3})
    assert "unexpected keyword argument 'sacle'" in str(as_input_error(caught.value))


def test_a_bug_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        fail_with(ZeroDivisionError())()
