"""Models as students make them, in Keras 3 and in Keras 2, with answers that differ from picture to picture."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import keras
import numpy as np
import tf_keras

LIBRARIES: dict[str, ModuleType] = {"keras 3": keras, "keras 2": tf_keras}
SIDE = 32

Make = Callable[[Any], Any]


def pictures(count: int = 3, channels: int = 3, side: int = SIDE) -> np.ndarray:
    """Grey levels 0 to 255."""
    shape = (count, side, side, channels)
    return (np.random.default_rng(1).random(shape, dtype=np.float32) * 255).round()


def _small(lib: Any, *front: Any, classes: int = 4, channels: int = 3) -> Any:
    layers = lib.layers
    return lib.Sequential(
        [
            lib.Input((SIDE, SIDE, channels)),
            *front,
            layers.Conv2D(6, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(classes, activation="softmax"),
        ]
    )


def rescaled(lib: Any) -> Any:
    return _small(lib, lib.layers.Rescaling(1.0 / 127.5, offset=-1))


def resized_within(lib: Any) -> Any:
    return _small(lib, lib.layers.Resizing(20, 24), lib.layers.Rescaling(1.0 / 255), lib.layers.CenterCrop(16, 20))


def normalised(lib: Any) -> Any:
    layer = lib.layers.Normalization(axis=-1)
    layer.adapt(pictures(20))
    return _small(lib, layer)


def normalised_by_settings(lib: Any) -> Any:
    return _small(lib, lib.layers.Normalization(mean=[120.0, 110, 100], variance=[900.0, 1000, 1100]))


def augmented(lib: Any) -> Any:
    layers = lib.layers
    return _small(
        lib,
        layers.RandomFlip("horizontal"),
        layers.RandomRotation(0.1),
        layers.RandomZoom(0.1),
        layers.RandomTranslation(0.1, 0.1),
        layers.RandomContrast(0.1),
        layers.RandomBrightness(0.1),
        layers.GaussianNoise(0.5),
        layers.GaussianDropout(0.1),
        layers.SpatialDropout2D(0.1),
        layers.Dropout(0.1),
        layers.Rescaling(1 / 255),
    )


def activations(lib: Any) -> Any:
    """Every activation that is a layer, and some that are settings."""
    layers = lib.layers
    slope = {"negative_slope": 0.2} if lib is keras else {"alpha": 0.2}
    return lib.Sequential(
        [
            lib.Input((SIDE, SIDE, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(6, 3),
            layers.LeakyReLU(**slope),
            layers.Conv2D(6, 3, activation="swish"),
            layers.ELU(0.7),
            layers.Conv2D(6, 3, strides=2),
            layers.PReLU(shared_axes=[1, 2]),
            layers.Conv2D(6, 3, activation="selu"),
            layers.ReLU(max_value=6.0, negative_slope=0.1),
            layers.GlobalAveragePooling2D(),
            layers.Dense(8, activation="gelu"),
            layers.Dense(8),
            layers.PReLU(),
            layers.Dense(8, activation="hard_sigmoid"),
            layers.Dense(8, activation="softplus"),
            layers.Dense(8, activation="softsign"),
            layers.Dense(8),
            layers.LeakyReLU(**slope),
            layers.Dense(8),
            layers.ReLU(),
            layers.Dense(4),
            layers.Softmax(),
        ]
    )


def global_maximum(lib: Any) -> Any:
    layers = lib.layers
    return lib.Sequential(
        [
            lib.Input((SIDE, SIDE, 3)),
            layers.Rescaling(1 / 255),
            layers.SeparableConv2D(8, 3, padding="same", activation="relu"),
            layers.DepthwiseConv2D(3, strides=2),
            layers.BatchNormalization(),
            layers.AveragePooling2D(2),
            layers.GlobalMaxPooling2D(),
            layers.Dense(4, activation="softmax"),
        ]
    )


def nested(lib: Any) -> Any:
    """A Sequential in a Sequential in a functional chain, as tutorials on augmentation and on encoders have it."""
    layers = lib.layers
    block = lib.Sequential([layers.Conv2D(6, 3, activation="relu"), layers.BatchNormalization()], name="block")
    features = lib.Sequential([block, layers.MaxPooling2D(), layers.Conv2D(6, 3)], name="features")
    inputs = lib.Input((SIDE, SIDE, 3))
    values = lib.Sequential([layers.RandomFlip(), layers.Rescaling(1 / 255)], name="front")(inputs)
    values = layers.Flatten()(features(values))
    values = layers.Dense(8, activation="tanh")(values)
    return lib.Model(inputs, layers.Dense(4, activation="softmax")(layers.Dropout(0.5)(values)))


def branched(lib: Any) -> Any:
    """Residual and inception blocks, and one layer that is used twice."""
    layers = lib.layers
    inputs = lib.Input((SIDE, SIDE, 3))
    values = layers.Conv2D(6, 3, padding="same", activation="relu")(inputs / 255.0 - 0.5)
    shared = layers.Conv2D(6, 3, padding="same")
    values = layers.Add()([values, shared(shared(values))])
    values = layers.Concatenate()([layers.MaxPooling2D()(values), layers.AveragePooling2D(2)(values)])
    gate = layers.GlobalAveragePooling2D(keepdims=True)(values)
    values = layers.Multiply()([values, layers.Conv2D(12, 1, activation="sigmoid")(gate)])
    return lib.Model(inputs, layers.Dense(4, activation="softmax")(layers.GlobalAveragePooling2D()(values)))


def colours_by_imagenet(lib: Any) -> Any:
    """``preprocess_input`` in the graph: channels backwards, means taken off."""
    inputs = lib.Input((SIDE, SIDE, 3))
    values = lib.applications.vgg16.preprocess_input(inputs)
    values = lib.layers.Conv2D(6, 3, strides=2)(values)
    return lib.Model(inputs, lib.layers.Dense(4, activation="softmax")(lib.layers.Flatten()(values)))


def two_heads_in_one(lib: Any) -> Any:
    """Flat features that come from two sides: the evidence can't be followed back through them."""
    layers = lib.layers
    inputs = lib.Input((SIDE, SIDE, 3))
    values = layers.Conv2D(6, 3)(layers.Rescaling(1 / 255)(inputs))
    flat = layers.Concatenate()([layers.GlobalAveragePooling2D()(values), layers.GlobalMaxPooling2D()(values)])
    return lib.Model(inputs, layers.Dense(4, activation="softmax")(flat))


def one_sigmoid(lib: Any) -> Any:
    layers = lib.layers
    return lib.Sequential(
        [
            lib.Input((SIDE, SIDE, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(6, 3, activation="relu"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def logits(lib: Any) -> Any:
    layers = lib.layers
    return lib.Sequential(
        [lib.Input((SIDE, SIDE, 3)), layers.Rescaling(1 / 255), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(4)]
    )


KINDS: dict[str, Make] = {
    make.__name__: make
    for make in (
        rescaled,
        resized_within,
        normalised,
        normalised_by_settings,
        augmented,
        activations,
        global_maximum,
        nested,
        branched,
        colours_by_imagenet,
        two_heads_in_one,
        one_sigmoid,
        logits,
    )
}

BACKBONES = ("MobileNetV2", "ResNet50", "EfficientNetB0", "VGG16")


def transferred(lib: Any, backbone: str) -> Any:
    """A frozen backbone with a head of one's own. Nothing can be downloaded, so its weights are chance."""
    base = getattr(lib.applications, backbone)(weights=None, include_top=False, input_shape=(SIDE, SIDE, 3))
    base.trainable = False
    layers = lib.layers
    front = [] if backbone.startswith("EfficientNet") else [layers.Rescaling(1 / 127.5, offset=-1)]
    return lib.Sequential(
        [
            lib.Input((SIDE, SIDE, 3)),
            *front,
            base,
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.2),
            layers.Dense(4, activation="softmax"),
        ]
    )


def lively(model: Any, seed: int = 0) -> Any:
    """The model with statistics and scales that are not those of a fresh one, so that mixing them up shows."""
    generator = np.random.default_rng(seed)
    for layer in _all_layers(model):
        if type(layer).__name__ == "BatchNormalization":
            weights = layer.get_weights()
            layer.set_weights([array * generator.uniform(0.7, 1.3, array.shape) for array in weights])
        elif type(layer).__name__ == "PReLU":
            layer.set_weights([generator.uniform(0.1, 0.4, array.shape) for array in layer.get_weights()])
    return model


def _all_layers(model: Any) -> list[Any]:
    flat = []
    for layer in model.layers:
        flat += _all_layers(layer) if hasattr(layer, "layers") else [layer]
    return flat


def made(library: str, kind: str) -> Any:
    """A model of :data:`KINDS`, or with a backbone of :data:`BACKBONES`."""
    lib = LIBRARIES[library]
    lib.utils.set_random_seed(3)
    return lively(transferred(lib, kind) if kind in BACKBONES else KINDS[kind](lib))


def says(model: Any, inputs: np.ndarray) -> np.ndarray:
    """Its own answers, as probabilities of each class."""
    outputs = np.asarray(model(inputs, training=False))
    if outputs.shape[1] == 1:
        return np.concatenate([1 - outputs, outputs], axis=1)
    if np.abs(outputs.sum(axis=1) - 1).max() > 1e-3:  # logits
        exponents = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return exponents / exponents.sum(axis=1, keepdims=True)
    return outputs
