use super::*;

fn plan(text: &str) -> Plan {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    Plan::read(file.path()).unwrap()
}

#[test]
fn a_larger_plan_adds_cells_and_the_same_one_adds_none() {
    let folder = tempfile::tempdir().unwrap();
    let count = |text: &str| {
        SweepFolder::add(folder.path(), &plan(text), "0123456789").unwrap().cells().unwrap().len()
    };
    assert_eq!(count("seeds = 2\n[grid]\nnum-units = [8, 16]"), 4);
    assert_eq!(count("seeds = 2\n[grid]\nnum-units = [8, 16]"), 4);
    assert_eq!(count("seeds = 3\n[grid]\nnum-units = [8, 16]"), 6);
    assert_eq!(count("seeds = 1\n[grid]\nnum-units = 32"), 7);
    assert_eq!(count("seeds = 1\n[grid]\nnum-units = 32\nlearning-rate = [0.008, 0.01]"), 8);
    assert_eq!(SweepFolder::open(folder.path()).unwrap().cells().unwrap().len(), 8);
}

#[test]
fn a_plan_of_another_protocol_or_other_data_is_refused_with_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    SweepFolder::add(folder.path(), &plan("seeds = 1\n[grid]\nnum-units = 8\nepochs = 3"), "0123456789")
        .unwrap();
    let told =
        |text: &str, data: &str| SweepFolder::add(folder.path(), &plan(text), data).unwrap_err().to_string();
    assert!(
        told("seeds = 1\n[grid]\nnum-units = 8\nepochs = 4", "0123456789").contains("epochs = 4, there 3")
    );
    assert!(told("seeds = 1\n[grid]\nnum-units = 8", "0123456789").contains("epochs = 10, there 3"));
    assert!(told("seeds = 1\n[grid]\nnum-units = 8\nepochs = 3", "9876543210").contains("other data"));
    assert_eq!(SweepFolder::open(folder.path()).unwrap().cells().unwrap().len(), 1, "nothing was added");
}

#[test]
fn an_empty_folder_holds_no_sweep_and_a_damaged_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let told = || SweepFolder::open(folder.path()).unwrap_err().to_string();
    assert!(told().contains("holds no sweep yet"));
    std::fs::write(folder.path().join("sweep.json"), "{").unwrap();
    assert!(told().contains("sweep.json is damaged"));
    let newer = r#"{"format": 99, "version": "9", "data_checksum": "", "plans": []}"#;
    std::fs::write(folder.path().join("sweep.json"), newer).unwrap();
    assert!(told().contains("use a newer rowlstm"));
}

#[test]
fn the_state_of_a_cell_follows_from_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let sweep =
        SweepFolder::add(folder.path(), &plan("seeds = 1\n[grid]\nnum-units = 8"), "0123456789").unwrap();
    let cell = &sweep.cells().unwrap()[0];
    assert!(matches!(sweep.state(cell), CellState::Missing));
    let lease = Lease::take(&sweep.cell_path(cell)).unwrap();
    assert!(matches!(sweep.state(cell), CellState::Running(_)));
    drop(lease);
    sweep.record_failure(cell, "it broke").unwrap();
    assert!(matches!(sweep.state(cell), CellState::Failed(error) if error == "it broke"));
    sweep.forget_failure(cell).unwrap();
    RunFolder::at(sweep.cell_path(cell)).open(&cell.config, "0123456789", false).unwrap();
    assert!(matches!(sweep.state(cell), CellState::Interrupted));
    std::fs::write(sweep.cell_path(cell).join("result.json"), "").unwrap();
    assert!(matches!(sweep.state(cell), CellState::Interrupted), "an empty result is none");
}
