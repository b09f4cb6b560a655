"""SavedModels without names of layers: what is only arithmetic is read, anything else is refused before it can run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from inference_server.models.pixels_as_sent import Resample
from tests.training.student_models import LIBRARIES, SIDE, made, pictures, says
from training.export.importing import old_program
from training.export.importing.conversion import convert
from training.export.importing.options import Preprocessing
from training.export.importing.saved_graph import read
from training.export.keras_files.errors import KerasFileError

Function = Callable[[tf.Tensor], tf.Tensor]


def _saved(folder: Path, function: Function, shape: tuple[int | None, ...] = (None, SIDE, SIDE, 3)) -> Path:
    """A module whose signature is ``function``, with a weight of its own."""

    class Module(tf.Module):  # type: ignore[misc] # TensorFlow has no types
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(np.random.default_rng(0).normal(0, 1e-3, (SIDE * SIDE * 3, 4)).astype(np.float32))

        @tf.function(input_signature=[tf.TensorSpec(shape, tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, inputs: tf.Tensor) -> tf.Tensor:
            return function(tf.reshape(inputs, (-1, SIDE * SIDE * 3)) @ self.kernel)

    module = Module()
    tf.saved_model.save(module, str(folder), signatures=module.__call__)
    return folder


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("library", LIBRARIES)
def test_what_a_model_exports_predicts_as_the_model(library: str, tmp_path: Path) -> None:
    model = made(library, "global_maximum")
    model.export(str(tmp_path / "exported"))
    graph = read(tmp_path / "exported", None)
    assert (graph.height, graph.width, graph.channels) == (SIDE, SIDE, 3)
    assert graph.probabilities(pictures()) == pytest.approx(says(model, pictures()), abs=2e-6)
    preprocessing = Preprocessing(1.0, resample=Resample.NEAREST)
    drawn = old_program.drawn_pictures()[:16]
    converted = convert(graph, graph.served(preprocessing), preprocessing, drawn)
    assert converted.parity <= 1e-5
    assert converted.agreement.same == 16
    assert converted.classes == 4


@pytest.mark.parametrize(
    ("function", "ending", "classes"),
    [
        (tf.nn.softmax, "", 4),
        (lambda values: 5 * values, "softmax", 4),
        (lambda values: 1e-6 * values + 0.3, "softmax", 4),
        (lambda values: tf.sigmoid(values[:, :1]), "second", 2),
        (lambda values: 5 * values[:, :1], "sigmoid", 2),
        (lambda values: 1e-6 * values[:, :1] + 0.3, "sigmoid", 2),  # though all of these numbers could be probabilities
    ],
)
def test_what_its_numbers_are_is_seen(function: Function, ending: str, classes: int, tmp_path: Path) -> None:
    graph = read(_saved(tmp_path / "saved", function), None)
    assert graph.ending == ending
    probabilities = graph.probabilities(pictures())
    assert probabilities.shape == (3, classes)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


def _reads_a_file(values: tf.Tensor) -> tf.Tensor:
    return values + tf.cast(tf.strings.length(tf.io.read_file("/etc/hostname")), tf.float32)


def _writes_a_file(values: tf.Tensor) -> tf.Tensor:
    with tf.control_dependencies([tf.io.write_file("written-by-a-model", "x")]):
        return tf.nn.softmax(values)


def _calls_python(values: tf.Tensor) -> tf.Tensor:
    return tf.ensure_shape(tf.py_function(lambda x: x, [values], tf.float32), (None, 4))


def _loops(values: tf.Tensor) -> tf.Tensor:
    return tf.while_loop(lambda x: tf.reduce_sum(x) < 1e9, lambda x: [x], [values])[0]


def _is_left_to_chance(values: tf.Tensor) -> tf.Tensor:
    return tf.nn.softmax(values + tf.random.uniform((4,)))


def _branches(values: tf.Tensor) -> tf.Tensor:
    return tf.cond(tf.reduce_sum(values) > 0, lambda: values, lambda: -values)


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        (_reads_a_file, "ReadFile"),
        (_writes_a_file, "WriteFile"),
        (_calls_python, "EagerPyFunc"),
        (_loops, "While"),
        (_is_left_to_chance, "RandomUniform"),
        (_branches, "If"),
    ],
)
def test_a_graph_that_does_more_than_to_compute_is_not_loaded(
    function: Function, operation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = _saved(tmp_path / "saved", function)
    (tmp_path / "written-by-a-model").unlink(missing_ok=True)  # written while it was traced
    monkeypatch.setattr(tf.saved_model, "load", lambda *_, **__: pytest.fail("it was loaded"))
    with pytest.raises(KerasFileError, match=f"has the operation .*{operation}"):
        read(folder, None)
    assert not (tmp_path / "written-by-a-model").exists()


def test_an_operation_that_hides_in_a_function_is_found(tmp_path: Path) -> None:
    """A graph calls functions by name; one that is not what its name says must not slip through."""
    folder = _saved(tmp_path / "saved", tf.nn.softmax)
    path = folder / "saved_model.pb"
    saved = SavedModel.FromString(path.read_bytes())
    library = saved.meta_graphs[0].graph_def.library.function
    inner = next(candidate for candidate in library if any(node.op == "Softmax" for node in candidate.node_def))
    next(node for node in inner.node_def if node.op == "Softmax").op = "ReadFile"
    path.write_bytes(saved.SerializeToString())
    with pytest.raises(KerasFileError, match="ReadFile"):
        read(folder, None)


def test_tables_and_files_that_hang_on_a_model_are_refused(tmp_path: Path) -> None:
    class Module(tf.Module):  # type: ignore[misc] # TensorFlow has no types
        def __init__(self) -> None:
            super().__init__()
            (tmp_path / "words.txt").write_text("word\n")
            index = tf.lookup.TextFileIndex
            words = tf.lookup.TextFileInitializer(
                str(tmp_path / "words.txt"), tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER
            )
            self.table = tf.lookup.StaticHashTable(words, -1)

        @tf.function(input_signature=[tf.TensorSpec((None, SIDE, SIDE, 3), tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, inputs: tf.Tensor) -> tf.Tensor:
            return tf.nn.softmax(inputs[:, 0, 0])

    module = Module()
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.__call__)
    with pytest.raises(KerasFileError, match=r"holds a (resource|asset)"):
        read(tmp_path / "saved", None)


def test_more_memory_than_there_is_ends_in_a_sentence(tmp_path: Path) -> None:
    """Where it is loaded, its process has bounds; here the size is beyond what any machine has."""
    huge = _saved(tmp_path / "saved", lambda values: values + tf.reduce_sum(tf.fill((1 << 45,), values[0, 0])))
    with pytest.raises(KerasFileError, match="does not run"):
        read(huge, None)


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (tf.sigmoid, "4 numbers that do not add up to 1, each of which says yes or no by itself"),
        (lambda values: values[:, None], "a classifier gives one number for each class"),
        (lambda values: values / 0.0, "a classifier gives one number for each class"),
    ],
)
def test_what_is_no_classifier_is_refused(function: Function, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(KerasFileError, match=sentence):
        read(_saved(tmp_path / "saved", function), None)


def test_an_open_size_has_to_be_told(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "saved", tf.nn.softmax, (None, None, None, 3))
    with pytest.raises(KerasFileError, match="--size, such as 224x224"):
        read(folder, None)
    assert read(folder, (SIDE, SIDE)).height == SIDE


def test_a_model_of_tensorflow_1_is_refused(tmp_path: Path) -> None:
    """It can only be loaded by running operations of its own."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        inputs = tf.compat.v1.placeholder(tf.float32, (None, SIDE, SIDE, 3))
        tf.compat.v1.saved_model.simple_save(session, str(tmp_path / "saved"), {"x": inputs}, {"y": inputs[:, 0, 0]})
    with pytest.raises(KerasFileError, match="of TensorFlow 1"):
        read(tmp_path / "saved", None)


def test_damage_is_said(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "saved", tf.nn.softmax)
    content = (folder / "saved_model.pb").read_bytes()
    (folder / "saved_model.pb").write_bytes(content[: len(content) // 2])
    with pytest.raises(KerasFileError, match="damaged"):
        read(folder, None)
    (folder / "saved_model.pb").write_bytes(content)
    (folder / "variables" / "variables.index").unlink()
    with pytest.raises(KerasFileError, match="can't be loaded"):
        read(folder, None)
    with pytest.raises(KerasFileError, match="so it is no SavedModel"):
        read(tmp_path, None)


def test_links_are_not_followed(tmp_path: Path) -> None:
    folder = _saved(tmp_path / "saved", tf.nn.softmax)
    (folder / "assets" / "hosts").symlink_to("/etc/hosts")
    with pytest.raises(KerasFileError, match="holds links"):
        read(folder, None)


def test_both_libraries_are_really_two() -> None:
    assert keras.__version__ != tf_keras.__version__
