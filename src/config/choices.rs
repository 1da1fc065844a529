//! Settings that are chosen by name. A name is the same on the command line, in a settings file and in a result.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares enums with one spelling of each variant everywhere.
macro_rules! named_choices {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] #[value(name = $text)] $variant,)+
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(match self { $(Self::$variant => $text,)+ })
            }
        }
    )+};
}

named_choices! {
    /// Backend of the tensor operations. Model and training loop do not depend on it.
    BackendName {
        /// burn-ndarray
        Ndarray = "ndarray",
        /// burn-flex
        Flex = "flex",
    }

    /// Initial weights; `model::initializers` has the formulas and their sources.
    InitializerName {
        /// Glorot uniform input weights, orthogonal recurrent weights, forget bias 1
        Keras = "keras",
        /// BasicLSTMCell: Glorot uniform over the stacked weights, forget bias 1
        Tensorflow1 = "tensorflow1",
        /// BasicLSTMCell before TensorFlow 1.0: uniform within sqrt(3/(inputs + units))
        Tensorflow0 = "tensorflow0",
        /// nn.LSTM: everything uniform within 1/sqrt(units)
        Pytorch = "pytorch",
        /// burn-nn's Lstm: Glorot normal per gate, biases too
        Burn = "burn",
        /// As keras, with biases of the forget gates that remember for 1 to T timesteps
        Chrono = "chrono",
    }

    /// Initial weights of the head.
    HeadInitializerName {
        /// As `initializer` says
        Same = "same",
        /// Weights and biases normal with standard deviation 1, as in tutorials for TensorFlow 1
        Normal = "normal",
        /// Weights normal with standard deviation 0.01, biases 0
        SmallNormal = "small-normal",
    }

    /// Optimiser.
    OptimizerName {
        /// Adam, betas 0.9 and 0.999; weight decay is added to the gradient
        Adam = "adam",
        /// AdamW: Adam with decoupled weight decay
        Adamw = "adamw",
        /// RMSprop, smoothing 0.9
        Rmsprop = "rmsprop",
        /// Stochastic gradient descent with momentum
        Sgd = "sgd",
    }

    /// Learning rate over a run; `training::schedule` has the formulas.
    ScheduleName {
        /// Rises along a cosine from a twenty-fifth to the peak, falls along a cosine to almost zero
        OneCycle = "one-cycle",
        /// Falls along a cosine from the peak to zero
        Cosine = "cosine",
        /// Multiplied by decay-factor every decay-every epochs
        Step = "step",
        /// The peak throughout
        Constant = "constant",
    }
}
