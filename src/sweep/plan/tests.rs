use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

fn plan(text: &str) -> Result<Plan, SweepError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Plan::read(file.path())
}

fn trials(plan: &Plan) -> Result<Vec<Trial>, SweepError> {
    plan.trials(Path::new("sweeps/x"), "0123456789")
}

#[test]
fn a_plan_has_every_combination_with_every_seed() {
    let plan =
        plan("seeds = 2\n[grid]\nnum-units = [8, 16]\nlearning-rate = [0.01, 1]\nepochs = 3\n").unwrap();
    let trials = trials(&plan).unwrap();
    let found: Vec<_> = trials
        .iter()
        .map(|trial| (trial.config.num_units, trial.config.learning_rate, trial.config.seed))
        .collect();
    assert_eq!(found.len(), 8);
    for units in [8, 16] {
        for learning_rate in [0.01, 1.0] {
            for seed in [1, 2] {
                assert!(found.contains(&(units, learning_rate, seed)), "{units} {learning_rate} {seed}");
            }
        }
    }
    assert!(trials.iter().all(|trial| trial.config.epochs == 3 && trial.name.starts_with('u')));
    let names: HashSet<_> = trials.iter().map(|trial| &trial.name).collect();
    assert_eq!(names.len(), 8);
}

#[test]
fn timesteps_outside_the_grid_are_as_many_as_rows() {
    let of = |text: &str| -> Vec<(usize, usize)> {
        let trials = trials(&plan(text).unwrap()).unwrap();
        trials.iter().map(|trial| (trial.config.rows, trial.config.timesteps)).collect()
    };
    assert_eq!(of("seeds = 1\n[grid]\nrows = [7, 28]"), [(7, 7), (28, 28)]);
    assert_eq!(of("seeds = 1\n[grid]\ntimesteps = [7, 784]"), [(28, 7), (28, 784)]);
    let error = trials(&plan("seeds = 1\n[grid]\nrows = [7, 14]\ntimesteps = [7, 14]").unwrap()).unwrap_err();
    assert!(error.to_string().contains("timesteps = 14: must be 7 with rows = 7"), "{error}");
    let (rows, one) = (plan("[grid]\nrows = [7, 14]").unwrap(), plan("[grid]\nrows = 7").unwrap());
    assert_eq!((rows.only_value("timesteps"), one.only_value("timesteps")), (None, Some(7.into())));
}

#[test]
fn each_seed_holds_out_a_fold_whatever_the_network() {
    let plan = plan("seeds = [0, 1, 2, 3, 4]\n[grid]\nnum-units = [8, 16]\nfolds = 3").unwrap();
    for trial in trials(&plan).unwrap() {
        let TrainConfig { seed, fold, folds, validation, .. } = trial.config;
        assert_eq!((fold, folds, validation), ([3, 1, 2, 3, 1][seed as usize], 3, 0));
    }
    assert_eq!((plan.only_value("validation"), plan.folds()), (Some(0.into()), 3));
    assert!(plan.command().contains("sweep --folds 3 --num-units 8,16 --seeds"));
}

#[test]
fn validation_and_early_stopping_are_refused_with_folds() {
    for (line, words) in [
        ("validation = 500", "validation = 500: must be left out with folds = 12"),
        ("validation = 0", "validation = 0: must be left out with folds = 12"),
        ("early-stopping = [0, 2]", "early-stopping = 2: must be 0 with folds = 12"),
    ] {
        let text = format!("seeds = 1\n[grid]\n{line}\nfolds = ");
        let error = trials(&plan(&(text.clone() + "12")).unwrap()).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        trials(&plan(&(text + "0")).unwrap()).unwrap();
    }
}

#[test]
fn typed_values_are_the_same_as_those_of_a_file() {
    let mut typed = Plan { seeds: vec![1], ..Plan::default() };
    for (key, values) in
        [("num-units", "8 16"), ("learning-rate", "0.01 1"), ("schedule", "constant"), ("augment", "shift:1")]
    {
        typed.set_typed(key, &values.split(' ').map(String::from).collect::<Vec<_>>()).unwrap();
    }
    let text = "seeds = [1]\n[grid]\nnum-units = [8, 16]\nlearning-rate = [0.01, 1]\nschedule = 'constant'\naugment = ['shift:1']";
    let (typed, read) = (trials(&typed).unwrap(), trials(&plan(text).unwrap()).unwrap());
    assert!(typed.iter().zip(&read).all(|(a, b)| a.config == b.config && a.name == b.name));
    assert_eq!(typed.len(), 4);
}

#[test]
fn the_command_of_a_plan_is_what_one_would_type() {
    let text = "seeds = 2\n[grid]\nnum-units = [8, 16]\nlearning-rate = 0.5\naugment = ['shift:1', 'none']";
    assert_eq!(
        plan(text).unwrap().command(),
        "rowlstm sweep --augment shift:1 --augment none --folds 0 --learning-rate 0.5 --num-units 8,16 --seeds 2"
    );
    assert!(plan("seeds = [2, 5]").unwrap().command().ends_with("sweep --folds 0 --seeds 2,5"));
    assert!(plan("seeds = [5]").unwrap().command().ends_with("--seeds 5,5"));
    assert!(plan("seeds = [1]").unwrap().command().ends_with("--seeds 1"));
}

#[test]
fn values_that_mean_the_same_make_one_trial() {
    let plan = plan("seeds = [1, 1]\n[grid]\nnum-units = [8, 8]\nlearning-rate = [1, 1.0]\n").unwrap();
    assert_eq!(trials(&plan).unwrap().len(), 1);
}

#[test]
fn an_error_says_what_is_wrong_with_a_plan() {
    let error_of = |text: &str| match plan(text) {
        Ok(plan) => trials(&plan).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    assert!(error_of("[grid]\nunits = 3").contains("grid: units is not a setting of train"));
    assert!(error_of("[grid]\nseed = 3").contains("cannot be in a grid"));
    assert!(error_of("[grid]\nfold = 3").contains("fold cannot be in a grid: the seed decides which fold"));
    assert!(error_of("[grid]\nfolds = [5, 10]").contains("folds must be one number"));
    assert!(error_of("[grid]\nnum-units = []").contains("num-units has no value"));
    assert!(
        error_of("seeds = 1\n[grid]\nnum-units = ['many']")
            .contains("grid: num-units must be a whole number, not \"many\"")
    );
    assert!(error_of("seeds = 1\n[grid]\nnum-units = [0]").contains("num-units"));
    assert!(error_of("[grid]\ndata-dir = ['a', 'b']").contains("on the same data"));
    assert!(error_of("seeds = 1\ngrid = 3").contains("is not a sweep's plan"));
    assert!(
        error_of("colour = 1")
            .contains("line 1: unknown key `colour`: must be one of `seeds`, `grid`, `tune`")
    );
    assert!(error_of("seeds = 2000000\n[grid]\nnum-units = [1, 2]").contains("must be at most 1000000"));
}

#[test]
fn a_tuned_setting_has_the_untuned_value_and_the_others_with_every_point_and_seed() {
    let of = |text: &str| -> Vec<(usize, f64)> {
        let trials =
            trials(&plan(&format!("seeds = 2\n[grid]\nnum-units = [8, 16]\n{text}")).unwrap()).unwrap();
        let first = trials.iter().filter(|trial| trial.config.seed == 1);
        first.map(|trial| (trial.config.num_units, trial.config.learning_rate)).collect()
    };
    let default = TrainConfig::default().learning_rate;
    let with_default = of("[tune]\nlearning-rate = [0.5, 1]");
    for units in [8, 16] {
        for rate in [default, 0.5, 1.0] {
            assert!(with_default.contains(&(units, rate)), "{units} {rate}");
        }
    }
    assert_eq!(with_default.len(), 6);
    assert_eq!(of("learning-rate = 1\n[tune]\nlearning-rate = [0.5, 1.0]").len(), 4, "1 is there once");
    let tuned =
        plan("seeds = 3\n[grid]\nlearning-rate = 1\n[tune]\nlearning-rate = [0.5, 1.0, 0.5]").unwrap();
    let tune = tuned.tune().unwrap();
    assert_eq!((tune.setting.as_str(), tune.values), ("learning-rate", vec![1.0.into(), 0.5.into()]));
    assert!(
        tuned.command().ends_with("--learning-rate 1 --tune learning-rate=0.5,1.0,0.5 --seeds 3"),
        "{}",
        tuned.command()
    );
    let mut augmented = Plan { seeds: vec![1, 2], ..Plan::default() };
    augmented.set_tune_typed("augment", &["none".into(), "affine:rotation=10,shift=2".into()]).unwrap();
    let command = augmented.command();
    assert!(command.contains("--tune augment=none --tune augment=affine:rotation=10,shift=2"), "{command}");
    assert_eq!(trials(&augmented).unwrap().len(), 4);
    let stored = serde_json::to_string(&augmented).unwrap();
    assert_eq!(serde_json::from_str::<Plan>(&stored).unwrap(), augmented);
    assert!(!serde_json::to_string(&Plan::default()).unwrap().contains("tune"));
}

#[test]
fn what_cannot_be_tuned_is_refused_with_what_to_do() {
    let error_of = |grid: &str, tune: &str| {
        let text = format!("seeds = 3\n[grid]\nfolds = 12\n{grid}\n[tune]\n{tune}");
        plan(&text).and_then(|plan| plan.check_tune()).unwrap_err().to_string()
    };
    for (tune, words) in [
        ("rate = [1, 2]", "--tune rate: is not a setting of train"),
        ("num-units = [1, 2]", "give the sizes with --num-units"),
        ("seed = [1, 2]", "give seeds with --seeds"),
        ("fold = [1, 2]", "the same for all of them"),
        ("folds = [10, 12]", "the same for all of them"),
        ("validation = [10, 12]", "the same for all of them"),
        ("data-dir = ['a', 'b']", "on the same data"),
        ("threads = [1, 2]", "it changes no result"),
        ("learning-rate = 1", "must have at least two different values, such as --tune learning-rate="),
        ("learning-rate = [1, 1.0]", "must have at least two different values"),
        ("learning-rate = []", "must have at least two different values"),
        ("epochs = [1, 2]\nsteps = [1, 2]", "only one setting can be tuned, and epochs is"),
    ] {
        let error = error_of("", tune);
        assert!(error.contains(words), "{error}");
    }
    let swept = error_of("epochs = [3, 4]", "epochs = [1, 2]");
    assert!(swept.contains("the grid has 2 values of it already: give --epochs one value"), "{swept}");
    let mut plan = plan("seeds = [1, 13]\n[grid]\nfolds = 12\n[tune]\nepochs = [1, 2]").unwrap();
    let error = plan.check_tune().unwrap_err().to_string();
    assert!(error.contains("the seeds (1,13) hold out one fold") && error.contains("--seeds 3"), "{error}");
    plan.seeds = vec![1, 2];
    plan.check_tune().unwrap();
    plan.set("folds", vec![0.into()]).unwrap();
    assert!(plan.check_tune().unwrap_err().to_string().contains("leave out --folds 0"));
    assert!(plan.check_not_tuned().unwrap_err().to_string().contains("leave out --until-decided"));
}

#[test]
fn a_grid_with_more_points_than_a_number_holds_is_too_large() {
    let mut plan = Plan { seeds: vec![1], ..Plan::default() };
    let keys =
        ["num-units", "epochs", "steps", "batch-size", "permute", "decay-every", "validation", "train-limit"];
    for key in keys {
        // 256 to the 8th is 2 to the 64th, which a wrapping product takes for 0.
        plan.set(key, vec![toml::Value::Integer(1); 256]).unwrap();
    }
    assert!(trials(&plan).unwrap_err().to_string().contains("must be at most 1000000"));
}

#[test]
fn a_shard_is_i_of_n() {
    assert_eq!("2/8".parse(), Ok(Shard { index: 2, count: 8 }));
    for wrong in ["0/8", "9/8", "8", "1/0", "a/b", "", "1/2/3"] {
        assert!(wrong.parse::<Shard>().unwrap_err().contains("i from 1 to n"), "{wrong}");
    }
}

proptest! {
    #[test]
    fn every_trial_is_in_exactly_one_shard(
        units in proptest::collection::vec(1..300_usize, 1..12),
        seeds in 1..6_u64,
        count in 1..9_usize,
        rotation in 0..20_usize,
    ) {
        let mut plan = Plan { seeds: (1..=seeds).collect(), ..Plan::default() };
        plan.set("num-units", units.iter().map(|u| toml::Value::Integer(*u as i64)).collect()).unwrap();
        let mut all = trials(&plan).unwrap();
        let expected: HashSet<String> = all.iter().map(|trial| trial.name.clone()).collect();
        let places = rotation % all.len();
        all.rotate_left(places);
        let parts: Vec<Vec<Trial>> =
            (1..=count).map(|index| Shard { index, count }.part(all.clone())).collect();
        let found: Vec<String> = parts.iter().flatten().map(|trial| trial.name.clone()).collect();
        prop_assert_eq!(found.len(), expected.len());
        prop_assert_eq!(found.into_iter().collect::<HashSet<_>>(), expected);
        let lengths: Vec<usize> = parts.iter().map(Vec::len).collect();
        prop_assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 1);
    }

    #[test]
    fn a_plan_survives_being_stored(units in proptest::collection::vec(1..300_i64, 1..5), rate in 0.0001..1.0_f64) {
        let mut plan = Plan { seeds: vec![3, 1], ..Plan::default() };
        plan.set("num-units", units.into_iter().map(toml::Value::Integer).collect()).unwrap();
        plan.set("learning-rate", vec![toml::Value::Float(rate)]).unwrap();
        let stored = serde_json::to_string(&plan).unwrap();
        prop_assert_eq!(serde_json::from_str::<Plan>(&stored).unwrap(), plan);
    }
}
