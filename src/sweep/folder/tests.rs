use super::*;
use crate::config::{SWEEP_FOLDS, TrainConfig};

fn plan(text: &str) -> Plan {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Plan::read(file.path()).unwrap()
}

#[test]
fn a_larger_plan_adds_trials_and_the_same_one_adds_none() {
    let folder = tempfile::tempdir().unwrap();
    let count = |text: &str| {
        SweepFolder::add(folder.path(), &plan(text), "0123456789").unwrap().trials().unwrap().len()
    };
    assert_eq!(count("seeds = 2\n[grid]\nnum-units = [8, 16]"), 4);
    assert_eq!(count("seeds = 2\n[grid]\nnum-units = [8, 16]"), 4);
    assert_eq!(count("seeds = 3\n[grid]\nnum-units = [8, 16]"), 6);
    assert_eq!(count("seeds = 1\n[grid]\nnum-units = 32"), 7);
    assert_eq!(count("seeds = 1\n[grid]\nnum-units = 32\nlearning-rate = [0.008, 0.01]"), 8);
    assert_eq!(SweepFolder::open(folder.path()).unwrap().trials().unwrap().len(), 8);
}

#[test]
fn a_plan_of_another_protocol_or_other_data_is_refused_with_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    SweepFolder::add(folder.path(), &plan("seeds = 1\n[grid]\nnum-units = 8\nepochs = 3"), "0123456789")
        .unwrap();
    let error_of =
        |text: &str, data: &str| SweepFolder::add(folder.path(), &plan(text), data).unwrap_err().to_string();
    assert!(
        error_of("seeds = 1\n[grid]\nnum-units = 8\nepochs = 4", "0123456789").contains("epochs = 4, not 3")
    );
    assert!(error_of("seeds = 1\n[grid]\nnum-units = 8", "0123456789").contains("epochs = 10, not 3"));
    assert!(
        error_of("seeds = 1\n[grid]\nnum-units = 8\nepochs = 3", "9876543210")
            .contains("data with checksum 98765432…, not 01234567…")
    );
    assert_eq!(SweepFolder::open(folder.path()).unwrap().trials().unwrap().len(), 1, "nothing was added");
}

#[test]
fn a_plan_without_folds_takes_those_of_its_folder_and_other_folds_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
    let add = |path: &Path, text: &str| {
        let plan = SweepFolder::complete(path, plan(text))?;
        SweepFolder::add(path, &plan, "0123456789")
    };
    // As before there were folds.
    SweepFolder::add(&old, &plan("seeds = 1\n[grid]\nnum-units = 8"), "0123456789").unwrap();
    let sweep = add(&old, "seeds = 1\n[grid]\nnum-units = 8").unwrap();
    assert_eq!((sweep.folds(), sweep.stored.plans.len()), (0, 1), "it is the same plan");
    assert_eq!(add(&old, "seeds = 2\n[grid]\nnum-units = 8\nfolds = 0").unwrap().trials().unwrap().len(), 2);
    let error = add(&old, "seeds = 1\n[grid]\nnum-units = 8\nfolds = 12").unwrap_err().to_string();
    assert!(error.contains("folds = 12, not 0"), "{error}");

    assert_eq!(add(&new, "seeds = 1\n[grid]\nnum-units = 8").unwrap().folds(), SWEEP_FOLDS);
    let larger = add(&new, "seeds = 2\n[grid]\nnum-units = 8").unwrap();
    assert_eq!(larger.trials().unwrap().iter().map(|t| t.config.fold).collect::<Vec<_>>(), [1, 2]);
    let error = add(&new, "seeds = 1\n[grid]\nnum-units = 8\nfolds = 0").unwrap_err().to_string();
    assert!(error.contains("folds = 0, not 12"), "{error}");
    assert!(larger.require_folds(12).is_ok() && larger.require_folds(10).is_err());
}

#[test]
fn a_tuned_sweep_has_a_format_of_its_own_and_the_same_values_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let [tuned, plain] = ["tuned", "plain"].map(|name| folder.path().join(name));
    let add = |path: &Path, text: &str| {
        let plan = SweepFolder::complete(path, plan(text))?;
        SweepFolder::add(path, &plan, "0")
    };
    let format = |path: &Path| {
        let text = std::fs::read_to_string(path.join(SWEEP)).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["format"].as_u64().unwrap()
    };
    let tune = "[tune]\nlearning-rate = [0.5, 0.25]";
    let sweep = add(&tuned, &format!("seeds = 2\n[grid]\nnum-units = [8, 16]\n{tune}")).unwrap();
    assert_eq!((sweep.trials().unwrap().len(), format(&tuned)), (12, 3));
    let reopened = SweepFolder::open(&tuned).unwrap();
    assert_eq!(reopened.tune().unwrap().values.len(), 3);
    assert_eq!(
        reopened.command(),
        "rowlstm sweep --folds 12 --num-units 8,16 --tune learning-rate=0.5,0.25 --seeds 2"
    );
    // More sizes and seeds are added, in any order of the values.
    let more = "seeds = 3\n[grid]\nnum-units = 32\n[tune]\nlearning-rate = [0.25, 0.5]";
    assert_eq!(add(&tuned, more).unwrap().trials().unwrap().len(), 21);
    add(&plain, "seeds = 2\n[grid]\nnum-units = 8").unwrap();
    assert_eq!((format(&plain), SweepFolder::open(&plain).unwrap().tune()), (1, None));
    let default = TrainConfig::default().learning_rate;
    let of_default = format!("--tune learning-rate={default},0.5,0.25");
    for (path, text, difference) in [
        (
            &tuned,
            "[tune]\nlearning-rate = [0.5, 0.125]".to_string(),
            format!("{default},0.5,0.125, not {of_default}"),
        ),
        (&tuned, "[tune]\nepochs = [1, 2]".into(), format!("--tune epochs=10,1,2, not {of_default}")),
        (&tuned, "[grid]\nnum-units = 64".into(), format!("no --tune, not {of_default}")),
        (
            &tuned,
            format!("[grid]\nlearning-rate = 0.25\n{tune}"),
            format!("learning-rate = 0.25, not {default}"),
        ),
        (&plain, tune.into(), format!("{of_default}, not a sweep without --tune")),
    ] {
        let error = add(path, &format!("seeds = 2\n{text}")).unwrap_err().to_string();
        assert!(error.contains(&difference) && error.contains("name another folder with --out"), "{error}");
    }
    let asked = Asked::default();
    let error = reopened.require_rule(asked).unwrap_err().to_string();
    assert!(error.contains("cannot be tuned with --until-decided"), "{error}");
    let damaged = |tune: &str| {
        let text = format!(
            r#"{{"format": 3, "version": "9", "data_checksum": "0", "plans": [{{"grid": {{}}, "seeds": [1, 2], "tune": {tune}}}]}}"#
        );
        std::fs::write(plain.join(SWEEP), text).unwrap();
        SweepFolder::open(&plain).unwrap_err().to_string()
    };
    let newer = damaged(r#"{"setting": "colour", "values": [1, 2]}"#);
    assert!(newer.contains("has the setting `colour`, which this program does not know"), "{newer}");
    for wrong in [r#"{"setting": "seed", "values": [1, 2]}"#, r#"{"setting": "epochs", "values": [1]}"#, "3"]
    {
        let error = damaged(wrong);
        assert!(error.contains("sweep.json is damaged: "), "{error}");
    }
}

#[test]
fn an_empty_folder_holds_no_sweep_and_a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error_of = || SweepFolder::open(folder.path()).unwrap_err().to_string();
    assert!(error_of().contains("holds no sweep: give a grid"));
    std::fs::write(folder.path().join("sweep.json"), "{").unwrap();
    assert!(error_of().contains("sweep.json is damaged"));
    let newer = r#"{"format": 99, "version": "9", "data_checksum": "", "plans": []}"#;
    std::fs::write(folder.path().join("sweep.json"), newer).unwrap();
    assert!(error_of().contains("use a newer rowlstm"));
}

#[test]
fn settings_that_this_program_does_not_know_are_those_of_a_newer_one_and_wrong_ones_damage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sweep.json");
    let error_of = |grid: &str, checksum: &str| {
        let plan = format!(r#"{{"grid": {grid}, "seeds": [1]}}"#);
        let text =
            format!(r#"{{"format": 1, "version": "9", "data_checksum": "{checksum}", "plans": [{plan}]}}"#);
        std::fs::write(&file, text).unwrap();
        match SweepFolder::open(folder.path()).and_then(|sweep| {
            sweep.data_dir();
            sweep.trials()
        }) {
            Ok(_) => SweepFolder::add(folder.path(), &Plan::default(), "0").unwrap_err().to_string(),
            Err(error) => error.to_string(),
        }
    };
    let newer = error_of(r#"{"colour": ["red"]}"#, "0");
    assert!(
        newer.contains("sweep.json has the setting `colour`, which this program does not know"),
        "{newer}"
    );
    assert!(newer.contains("use the newer rowlstm"), "{newer}");
    for grid in [r#"{"data-dir": []}"#, r#"{"num-units": []}"#, r#"{"seed": [1]}"#, r#"{"epochs": null}"#] {
        assert!(error_of(grid, "0").contains("sweep.json is damaged: "), "{}", error_of(grid, "0"));
    }
    let kind = error_of(r#"{"num-units": ["many"]}"#, "0");
    assert!(kind.contains("num-units must be a whole number, not \"many\""), "{kind}");
    // Shortened at a character, not at a byte.
    assert!(error_of("{}", "ééééééééé").contains("not éééééééé…"));
}

#[test]
fn the_state_of_a_trial_follows_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let sweep =
        SweepFolder::add(folder.path(), &plan("seeds = 1\n[grid]\nnum-units = 8"), "0123456789").unwrap();
    let trial = &sweep.trials().unwrap()[0];
    assert!(matches!(sweep.state(trial), TrialState::Missing));
    let lease = Lease::take(&sweep.trial_path(trial)).unwrap();
    assert!(matches!(sweep.state(trial), TrialState::Running(_)));
    drop(lease);
    sweep.record_failure(trial, "it broke").unwrap();
    assert!(matches!(sweep.state(trial), TrialState::Failed(error) if error == "it broke"));
    sweep.forget_failure(trial).unwrap();
    RunFolder::at(sweep.trial_path(trial)).open(&trial.config, "0123456789", false).unwrap();
    assert!(matches!(sweep.state(trial), TrialState::Interrupted));
    let result = sweep.trial_path(trial).join("result.json");
    std::fs::write(&result, r#"{"settings": {"colour": "red"}}"#).unwrap();
    assert!(matches!(sweep.state(trial), TrialState::Failed(error) if error.contains("`colour`")));
    std::fs::write(&result, r#"{"format": 99}"#).unwrap();
    assert!(matches!(sweep.state(trial), TrialState::Failed(error) if error.contains("use a newer rowlstm")));
    std::fs::write(&result, "").unwrap();
    assert!(matches!(sweep.state(trial), TrialState::Interrupted), "an empty result is none");
}

#[test]
fn a_renamed_trial_is_found_by_its_identity_and_its_own_folder_comes_first() {
    let folder = tempfile::tempdir().unwrap();
    let sweep =
        SweepFolder::add(folder.path(), &plan("seeds = 2\n[grid]\nnum-units = 8"), "0123456789").unwrap();
    let [first, second] = sweep.trials().unwrap().try_into().unwrap();
    let begin = |trial: &Trial| {
        RunFolder::at(sweep.trial_path(trial)).open(&trial.config, "0123456789", false).unwrap();
    };
    begin(&first);
    std::fs::rename(sweep.trial_path(&first), folder.path().join("mine")).unwrap();
    std::fs::create_dir(folder.path().join("notes")).unwrap();
    let names = || sweep.trials().unwrap().into_iter().map(|trial| trial.name).collect::<Vec<_>>();
    assert_eq!(names(), ["mine", second.name.as_str()]);
    let found = &sweep.trials().unwrap()[0];
    assert!(matches!(sweep.state(found), TrialState::Interrupted));
    // Shards do not depend on names: what one left out, the other has.
    let shards = |trials: Vec<Trial>| {
        [1, 2].map(|index| crate::sweep::Shard { index, count: 2 }.part(trials.clone())[0].identity.clone())
    };
    assert_eq!(shards(sweep.trials().unwrap()), shards(vec![first.clone(), second.clone()]));
    begin(&first);
    assert_eq!(names(), [first.name, second.name]);
}

/// A sweep of 8 and 16 units with 3 seeds in each of 3 rounds.
fn until_decided(folder: &Path, asked: Asked, text: &str) -> Result<SweepFolder, SweepError> {
    let (plan, rule) = SweepFolder::complete_until_decided(folder, plan(text), asked)?;
    SweepFolder::add_with(folder, &plan, Some(rule), "0123456789")
}

#[test]
fn a_sweep_until_decided_keeps_its_rule_and_another_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (path, text) = (folder.path(), "seeds = 3\n[grid]\nnum-units = [8, 16]");
    let asked = Asked { margin: Some(0.003), max_seeds: Some(8) };
    let sweep = until_decided(path, asked, text).unwrap();
    assert_eq!(sweep.trials().unwrap().len(), 6);
    assert_eq!((sweep.full_grid().unwrap().len(), sweep.rule_and_seeds().unwrap().0.looks), (16, 3));
    assert!(
        sweep.command().ends_with("--seeds 3 --until-decided --margin 0.3 --max-seeds 8"),
        "{}",
        sweep.command()
    );
    // A trial of a later round counts once it was begun.
    let later = sweep.full_grid().unwrap().into_iter().find(|trial| trial.config.seed == 7).unwrap();
    std::fs::create_dir(sweep.trial_path(&later)).unwrap();
    assert_eq!(sweep.trials().unwrap().len(), 7);
    // What is not named is as it was.
    for again in [Asked::default(), Asked { max_seeds: None, ..asked }] {
        assert_eq!(until_decided(path, again, text).unwrap().rule_and_seeds(), sweep.rule_and_seeds());
        assert_eq!(until_decided(path, again, "[grid]\nnum-units = [8, 16]").unwrap().stored.plans.len(), 1);
        sweep.require_rule(again).unwrap();
    }
    let refused = |asked: Asked, text: &str| until_decided(path, asked, text).unwrap_err().to_string();
    for (asked, text, words) in [
        (Asked { margin: Some(0.002), max_seeds: None }, text, "margin = 0.2, not 0.3"),
        (Asked { margin: None, max_seeds: Some(9) }, text, "max-seeds = 9, not 8"),
        (asked, "seeds = 2\n[grid]\nnum-units = [8, 16]", "seeds per round = 2, not 3"),
        (asked, "seeds = [4, 5, 6]\n[grid]\nnum-units = [8, 16]", "seeds = 4,5,6, not 3"),
        (asked, "seeds = 3\n[grid]\nnum-units = [8, 32]", "num-units = 8,32, not 8,16"),
        (asked, "seeds = 3\n[grid]\nnum-units = [8, 16]\nepochs = 3", "epochs = 3, not 10"),
    ] {
        let error = refused(asked, text);
        assert!(error.contains(words), "{error}");
    }
    let error = sweep.require_rule(Asked { margin: Some(0.002), max_seeds: None }).unwrap_err().to_string();
    assert!(error.contains("margin = 0.2, not 0.3"), "{error}");
    let fixed = SweepFolder::complete(path, plan(text)).unwrap();
    let error = SweepFolder::add(path, &fixed, "0123456789").unwrap_err().to_string();
    assert!(error.contains("a fixed number of seeds, not --until-decided"), "{error}");
    assert_eq!(SweepFolder::open(path).unwrap().stored.plans.len(), 1, "nothing was added");
}

#[test]
fn a_fixed_sweep_is_stored_as_before_and_not_continued_until_decided() {
    let folder = tempfile::tempdir().unwrap();
    let [fixed, new, old] = ["fixed", "new", "old"].map(|name| folder.path().join(name));
    let text = "seeds = 3\n[grid]\nnum-units = [8, 16]";
    let stored = |path: &Path| -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(path.join("sweep.json")).unwrap()).unwrap()
    };
    SweepFolder::add(&fixed, &SweepFolder::complete(&fixed, plan(text)).unwrap(), "0123456789").unwrap();
    assert_eq!((&stored(&fixed)["format"], stored(&fixed).get("until_decided")), (&1.into(), None));
    let error = until_decided(&fixed, Asked::default(), text).unwrap_err().to_string();
    assert!(error.contains("--until-decided, not a fixed number of seeds"), "{error}");

    // Programs of before read format 1 and refuse this one by name.
    until_decided(&new, Asked::default(), "[grid]\nnum-units = [8, 16]").unwrap();
    assert_eq!(stored(&new)["format"], 2);
    assert_eq!(SweepFolder::open(&new).unwrap().trials().unwrap().len(), 24, "a seed for each fold");
    let mut damaged = stored(&new);
    damaged["until_decided"]["looks"] = 9.into();
    std::fs::write(new.join("sweep.json"), damaged.to_string()).unwrap();
    let error = SweepFolder::open(&new).unwrap_err().to_string();
    assert!(error.contains("is damaged: until_decided: looks = 9: must be 4"), "{error}");

    SweepFolder::add(&old, &plan(text), "0123456789").unwrap();
    let error = until_decided(&old, Asked::default(), text).unwrap_err().to_string();
    assert!(error.contains("--until-decided: needs folds"), "{error}");
    let one_fold = "seeds = [1, 13]\n[grid]\nnum-units = 8";
    let error =
        until_decided(&folder.path().join("one"), Asked::default(), one_fold).unwrap_err().to_string();
    assert!(error.contains("seeds = 1,13: must hold out at least two different folds"), "{error}");
}
