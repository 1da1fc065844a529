//! Folders that are wrong, and the real data.

use super::*;
use crate::data::CLASSES;
use crate::data::testing::{black_mnist, gzip, labels_file, mnist_folder};

const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

fn text(result: Result<Dataset, DataError>) -> String {
    result.unwrap_err().to_string()
}

fn class_counts(images: &Images) -> [usize; CLASSES] {
    let mut counts = [0; CLASSES];
    for &label in images.labels() {
        counts[usize::from(label)] += 1;
    }
    counts
}

fn unpacked(gzip: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    io::Read::read_to_end(&mut flate2::read::GzDecoder::new(gzip), &mut content).unwrap();
    content
}

/// A folder that shares the real files by symbolic links, to be spoiled in one place.
#[cfg(unix)]
fn linked_mnist() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in &FILES {
        let name = format!("{}.gz", file.name);
        std::os::unix::fs::symlink(mnist_folder().join(&name), folder.path().join(&name)).unwrap();
    }
    folder
}

#[test]
fn real_data_has_the_published_check_sums_and_class_counts() {
    let data = Dataset::load(&mnist_folder()).unwrap();
    // From the table in data/mnist/README.md.
    let published = [
        ("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
        ("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ];
    for (file, (name, sha256)) in FILES.iter().zip(published) {
        assert_eq!(
            (file.name, hexadecimal(&Sha256::digest(unpacked(file.built_in))).as_str()),
            (name, sha256)
        );
    }
    // cd data/mnist; for f in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
    //     gzip -dc $f-ubyte.gz | sha256sum; done | cut -c-64 | xxd -r -p | sha256sum
    assert_eq!(data.checksum, MNIST_CHECKSUM);
    // gzip -dc data/mnist/train-labels-idx1-ubyte.gz | tail -c +9 | od -An -v -tu1 -w1 | sort | uniq -c
    let train = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949];
    assert_eq!(class_counts(&data.train), train);
    assert_eq!(class_counts(&data.test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assert_eq!((data.train.len(), data.test.len()), (TRAIN_IMAGES, TEST_IMAGES));
}

#[test]
fn the_files_inside_the_program_are_those_of_the_folder() {
    let (inside, folder) = (Dataset::load(Path::new("")).unwrap(), Dataset::load(&mnist_folder()).unwrap());
    assert_eq!(inside.checksum, folder.checksum);
    assert!(inside.train == folder.train && inside.test == folder.test);
}

#[test]
fn a_run_on_mnist_is_read_without_its_folder_and_any_other_run_needs_it() {
    let absent = Path::new("no/such/folder");
    assert_eq!(Dataset::of(None, absent, Some(MNIST_CHECKSUM)).unwrap().checksum, MNIST_CHECKSUM);
    assert!(
        text(Dataset::of(None, absent, Some("0123"))).contains("--data-dir names the folder where it is now")
    );
    assert!(
        text(Dataset::of(Some(absent), absent, Some(MNIST_CHECKSUM))).contains("there is no data folder")
    );
}

#[test]
fn gzip_and_plain_files_load_alike_and_the_plain_name_wins() {
    let original = Dataset::load(&mnist_folder()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for file in &FILES {
        let compressed = mnist_folder().join(format!("{}.gz", file.name));
        fs::write(folder.path().join(file.name), unpacked(&fs::read(compressed).unwrap())).unwrap();
        fs::write(folder.path().join(format!("{}.gz", file.name)), "must not be read").unwrap();
    }
    let plain = Dataset::load(folder.path()).unwrap();
    assert_eq!(plain.checksum, original.checksum);
    assert!(plain.train == original.train && plain.test == original.test);
}

#[test]
fn content_decides_whether_a_file_is_compressed() {
    let folder = black_mnist();
    let before = Dataset::load(folder.path()).unwrap();
    let test_labels = folder.path().join(TEST_LABELS);
    let plain = fs::read(&test_labels).unwrap();
    fs::write(&test_labels, gzip(&plain)).unwrap();
    assert_eq!(Dataset::load(folder.path()).unwrap().checksum, before.checksum);
    fs::remove_file(&test_labels).unwrap();
    fs::write(folder.path().join(format!("{TEST_LABELS}.gz")), plain).unwrap();
    assert_eq!(Dataset::load(folder.path()).unwrap().checksum, before.checksum);
}

#[test]
fn other_data_has_another_checksum() {
    let folder = black_mnist();
    let before = Dataset::load(folder.path()).unwrap();
    fs::write(folder.path().join(TEST_LABELS), labels_file(10_000, &[1; 10_000])).unwrap();
    let after = Dataset::load(folder.path()).unwrap();
    assert_ne!(after.checksum, before.checksum);
}

#[test]
fn a_missing_folder_and_a_file_in_its_place_are_named_so() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent");
    let found = text(Dataset::load(&absent));
    assert!(found.starts_with(&format!("there is no data folder {}", absent.display())), "{found}");
    fs::write(&absent, "a file").unwrap();
    let found = text(Dataset::load(&absent));
    assert!(found.starts_with(&format!("{} is not a folder", absent.display())), "{found}");
}

#[test]
fn all_missing_files_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train-images-idx3-ubyte.gz"), "").unwrap();
    fs::write(folder.path().join("t10k-images-idx3-ubyte"), "").unwrap();
    let found = text(Dataset::load(folder.path()));
    let lacks = "lacks train-labels-idx1-ubyte, t10k-labels-idx1-ubyte: ";
    assert!(found.contains(lacks), "{found}");
}

#[test]
fn a_folder_in_place_of_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join(TEST_LABELS)).unwrap();
    let found = text(Dataset::load(folder.path()));
    assert!(found.contains(&format!("{TEST_LABELS} is not a regular file")), "{found}");
}

#[cfg(unix)]
mod on_unix {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_wrong_file_is_named_with_its_path() {
        let folder = linked_mnist();
        let spoiled = folder.path().join(format!("{TEST_LABELS}.gz"));
        fs::remove_file(&spoiled).unwrap();
        let full = fs::read(mnist_folder().join(format!("{TEST_LABELS}.gz"))).unwrap();
        let not_digits = [&[3; 9_999][..], &[10]].concat();
        for (bytes, expected) in [
            (&full[..full.len() / 2], "ends in the middle of its gzip data: is the file complete?"),
            (b"", "is empty, expected 10008 bytes"),
            (&labels_file(10_000, &not_digits), "label 9999 (counted from 0) is 10, expected 0 to 9"),
            (&labels_file(9_999, &[0; 9_999]), "declares 9999 labels, expected exactly 10000"),
            (&labels_file(10_000, &[0; 9_999]), "holds 10007 bytes (uncompressed), expected 10008"),
        ] {
            fs::write(&spoiled, bytes).unwrap();
            let found = text(Dataset::load(folder.path()));
            assert!(found.starts_with(&spoiled.display().to_string()), "{found}");
            assert!(found.contains(expected), "{found}");
        }
    }

    #[test]
    fn an_unreadable_file_is_named_so() {
        let folder = linked_mnist();
        let unreadable = folder.path().join(TEST_LABELS);
        fs::write(&unreadable, "secret").unwrap();
        set_mode(&unreadable, 0o000);
        if File::open(&unreadable).is_ok() {
            return; // root reads everything
        }
        let found = text(Dataset::load(folder.path()));
        assert!(found.starts_with(&format!("cannot read {}", unreadable.display())), "{found}");
        assert!(found.contains("check that it is readable by you"), "{found}");
    }

    #[test]
    fn a_read_only_folder_whose_name_is_not_utf_8_is_read() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join(OsStr::from_bytes(b"mnist-\xff"));
        if fs::create_dir(&folder).is_err() {
            return; // the file system takes UTF-8 only
        }
        for file in &FILES {
            let name = format!("{}.gz", file.name);
            fs::copy(mnist_folder().join(&name), folder.join(&name)).unwrap();
        }
        set_mode(&folder, 0o555);
        let result = Dataset::load(&folder);
        set_mode(&folder, 0o755);
        assert_eq!(result.unwrap().train.len(), TRAIN_IMAGES);
    }

    #[test]
    fn a_temporary_folder_whose_name_is_not_utf_8_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        let temporary = parent.path().join(OsStr::from_bytes(b"tmp-\xff"));
        if fs::create_dir(&temporary).is_err() {
            return; // the file system takes UTF-8 only
        }
        let found = text(Dataset::load_through(&mnist_folder(), &temporary));
        assert!(found.contains("is not valid UTF-8: set TMPDIR to a folder"), "{found}");
    }

    /// Every write to /dev/full fails as on a full disk.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_temporary_disk_is_named_so() {
        let temporary = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/dev/full", temporary.path().join(TEST_LABELS)).unwrap();
        let found = stage(3, None, temporary.path()).unwrap_err().to_string();
        let start = format!(
            "cannot write the checked data under the temporary folder {}: No space left on device",
            temporary.path().display()
        );
        assert!(found.starts_with(&start), "{found}");
        assert!(found.contains("55 MB of free space, and TMPDIR can name another folder"), "{found}");
    }
}

#[test]
fn a_missing_temporary_folder_is_named_so() {
    let folder = tempfile::tempdir().unwrap();
    let found = text(Dataset::load_through(&mnist_folder(), &folder.path().join("absent")));
    assert!(found.starts_with("cannot write the checked data under the temporary folder"), "{found}");
}

#[test]
fn nothing_stays_in_the_temporary_folder() {
    let temporary = tempfile::tempdir().unwrap();
    Dataset::load_through(&mnist_folder(), temporary.path()).unwrap();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
}

#[test]
fn staged_files_that_vanish_are_an_error_and_no_panic() {
    let empty = tempfile::tempdir().unwrap();
    let found = read_staged(empty.path().to_str().unwrap()).unwrap_err().to_string();
    assert!(found.starts_with("cannot read back the checked data"), "{found}");
}
