"""The optimizer of every run."""

from __future__ import annotations

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("beatlens")
class FusedAdamW(keras.optimizers.AdamW):  # type: ignore[misc]
    """AdamW (Loshchilov & Hutter 2019) that updates moments and weights in one pass over memory.

    Keras computes the update operation by operation, each of which reads and writes tensors as large as the weights;
    where these are many, that takes longer than the gradients do. TensorFlow's own kernel computes the same formula in
    one pass.
    """

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
        """Update ``variable`` and its moments in place."""
        index = self._get_variable_index(variable)
        kind = variable.dtype
        step = tf.cast(self.iterations + 1, kind)
        beta_1, beta_2 = tf.cast(self.beta_1, kind), tf.cast(self.beta_2, kind)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, kind),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, kind),
            grad=tf.cast(gradient, kind),
        )
