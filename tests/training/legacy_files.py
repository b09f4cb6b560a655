"""HDF5 files as old versions of Keras wrote them, made with h5py."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

Layers = list[dict[str, Any]]
Weights = Mapping[str, Sequence[np.ndarray]]


def course_network(seed: int = 0) -> keras.Sequential:
    """The network of the old course project in today's Keras, with weights large enough to give varied answers."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            keras.layers.Conv2D(32, 3, activation="relu", name="conv_a"),
            keras.layers.MaxPooling2D(name="pool_a"),
            keras.layers.Conv2D(32, 3, activation="relu", name="conv_b"),
            keras.layers.MaxPooling2D(name="pool_b"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dense(128, activation="relu", name="dense_a"),
            keras.layers.Dense(6, activation="softmax", name="dense_b"),
        ]
    )
    kernel, bias = model.get_layer("dense_b").get_weights()
    model.get_layer("dense_b").set_weights([kernel * 5, bias + np.linspace(-0.2, 0.2, 6)])
    return model


def weights_of(model: keras.Model) -> dict[str, list[np.ndarray]]:
    return {layer.name: layer.get_weights() for layer in model.layers}


def keras1_layers() -> Layers:
    """The course network as Keras 1 spells it."""
    channels_last = {"dim_ordering": "tf"}

    def convolution(name: str, **more: object) -> dict[str, Any]:
        config = {
            "name": name,
            "nb_filter": 32,
            "nb_row": 3,
            "nb_col": 3,
            "subsample": [1, 1],
            "border_mode": "valid",
            "activation": "relu",
            "bias": True,
            **channels_last,
            **more,
        }
        return {"class_name": "Convolution2D", "config": config}

    def pooling(name: str) -> dict[str, Any]:
        config = {"name": name, "pool_size": [2, 2], "strides": [2, 2], "border_mode": "valid", **channels_last}
        return {"class_name": "MaxPooling2D", "config": config}

    return [
        convolution("conv_a", batch_input_shape=[None, 64, 64, 3]),
        pooling("pool_a"),
        convolution("conv_b"),
        pooling("pool_b"),
        {"class_name": "Flatten", "config": {"name": "flatten"}},
        {"class_name": "Dense", "config": {"name": "dense_a", "output_dim": 128, "activation": "relu", "bias": True}},
        {"class_name": "Dropout", "config": {"name": "dropout", "p": 0.5}},
        {"class_name": "Dense", "config": {"name": "dense_b", "output_dim": 6, "activation": "softmax", "bias": True}},
    ]


def keras2_layers() -> Layers:
    """The course network as Keras 2 spells it."""
    last = {"data_format": "channels_last"}
    convolution = {"filters": 32, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid", "activation": "relu"}
    pooling = {"pool_size": [2, 2], "strides": [2, 2], "padding": "valid", **last}
    first = {"batch_input_shape": [None, 64, 64, 3], "dilation_rate": [1, 1], "use_bias": True}
    return [
        {"class_name": "Conv2D", "config": {"name": "conv_a", **convolution, **last, **first}},
        {"class_name": "MaxPooling2D", "config": {"name": "pool_a", **pooling}},
        {"class_name": "Conv2D", "config": {"name": "conv_b", **convolution, **last}},
        {"class_name": "MaxPooling2D", "config": {"name": "pool_b", **pooling}},
        {"class_name": "Flatten", "config": {"name": "flatten", **last}},
        {"class_name": "Dense", "config": {"name": "dense_a", "units": 128, "activation": "relu"}},
        {"class_name": "Dense", "config": {"name": "dense_b", "units": 6, "activation": "softmax"}},
    ]


def write(path: Path, layers: Layers, weights: Weights, *, version: str = "2.1.6", **attributes: str) -> Path:
    """Write a file of the given Keras version; from 2.2.3 on the list of layers lies in a dictionary."""
    modern = tuple(map(int, version.split("."))) >= (2, 2, 3)
    config = {"name": "sequential_1", "layers": layers} if modern else layers
    attributes = {"keras_version": version, "backend": "tensorflow", "class_name": "Sequential"} | attributes
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = attributes["keras_version"].encode()
        file.attrs["backend"] = attributes["backend"].encode()
        file.attrs["model_config"] = json.dumps({"class_name": attributes["class_name"], "config": config}).encode()
        stored = file.create_group("model_weights")
        stored.attrs["layer_names"] = [name.encode() for name in weights]
        for name, arrays in weights.items():
            group = stored.create_group(name)
            names = [f"{name}/weight_{number}:0" for number in range(len(arrays))]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for weight_name, array in zip(names, arrays, strict=True):
                group[weight_name] = array
    return path
