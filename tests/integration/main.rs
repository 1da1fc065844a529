//! Everything that is tested from outside: the program as people run it, and the library against references that were
//! made elsewhere.

mod any_folder;
mod bad_input;
mod command_line;
mod doubts;
mod exchange;
mod explain;
mod first_hour;
mod folds;
mod golden;
mod instructions;
mod layering;
mod look_inside;
mod lstm_operation;
mod model_reference;
mod old_runs;
mod onnx_reader;
mod optimizers;
mod pictures;
mod playground;
mod playground_server;
mod published;
mod reading;
mod reference_lstm;
mod reports;
mod run_folder;
mod settings;
mod support;
mod sweeps;
mod tensorboard;
mod training;
mod tune;
mod until_decided;
mod verdict;
mod versions;
mod views;
