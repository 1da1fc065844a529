//! The settings that are chosen by name. Each name is the same on the command line, in a settings file and in
//! a result.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Declares an enum whose variants are spelled in kebab case everywhere.
macro_rules! named_choices {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
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
    };
}

named_choices! {
    /// Where the tensor operations run. The model and the training loop do not know which.
    BackendName {
        /// burn-ndarray
        Ndarray = "ndarray",
        /// burn-flex
        Flex = "flex",
    }
}

named_choices! {
    /// How initial weights are drawn; `model::initializers` has the formulas and their sources.
    InitializerName {
        /// Glorot uniform input weights, orthogonal recurrent weights, forget bias 1
        Keras = "keras",
        /// BasicLSTMCell: Glorot uniform over the stacked weights, forget bias 1
        Tensorflow1 = "tensorflow1",
        /// The same before TensorFlow 1.0: uniform within sqrt(3/(inputs + units))
        Tensorflow0 = "tensorflow0",
        /// nn.LSTM: everything uniform within 1/sqrt(units)
        Pytorch = "pytorch",
        /// burn-nn's Lstm: Glorot normal for each gate, biases too
        Burn = "burn",
    }
}

named_choices! {
    /// How the head's initial weights are drawn, where it is not as the rest of the network.
    HeadInitializerName {
        /// As `initializer` draws them
        Same = "same",
        /// Weights and biases normal with deviation 1: what tutorials for TensorFlow 1 write
        Normal = "normal",
        /// Weights normal with deviation 0.01, biases 0
        SmallNormal = "small-normal",
    }
}

named_choices! {
    /// The rule that turns a gradient into an update.
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
}

named_choices! {
    /// How the learning rate changes over a run; `training::schedule` has the formulas.
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
