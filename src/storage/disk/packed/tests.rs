//! The packed disk against the one in memory, and against the loss of power at every operation.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::crash::{Death, Machine};
use super::*;
use crate::base::{Random, Seed};
use crate::storage::MemoryDisk;

const TAG: u64 = 7;

/// A disk on files in memory.
pub fn in_memory() -> PackedDisk {
    PackedDisk::open(Machine::default().files(), TAG).unwrap()
}

#[derive(Clone, Debug)]
enum Step {
    Create(u8),
    Append(u8, usize),
    Sync(u8),
    Truncate(u8, u64),
    Rename(u8, u8),
    Delete(u8),
    /// Of the node only.
    LosePower(bool),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let name = || 0..4u8;
    let bytes = prop_oneof![4 => 0..300usize, 2 => 3000..9000usize, 1 => 20_000..40_000usize];
    prop_oneof![
        4 => name().prop_map(Step::Create),
        12 => (name(), bytes).prop_map(|(name, bytes)| Step::Append(name, bytes)),
        8 => name().prop_map(Step::Sync),
        3 => (name(), 0..20_000u64).prop_map(|(name, len)| Step::Truncate(name, len)),
        2 => (name(), name()).prop_map(|(from, to)| Step::Rename(from, to)),
        3 => name().prop_map(Step::Delete),
        1 => any::<bool>().prop_map(Step::LosePower),
        1 => Just(Step::Reopen),
    ]
}

/// Does a step on any disk: the bytes are made of the step's number.
fn perform(disk: &mut dyn Disk, number: usize, step: &Step) -> Result<(), StorageError> {
    let name = |name: u8| format!("file-{name}");
    match *step {
        Step::Create(file) => disk.create(&name(file)),
        Step::Append(file, bytes) => {
            let mut random = Random::stream(Seed(number as u64), "bytes");
            let bytes: Vec<u8> = (0..bytes).map(|_| random.below(256) as u8).collect();
            disk.append(&name(file), &bytes)
        }
        Step::Sync(file) => disk.sync(&name(file)),
        Step::Truncate(file, len) => disk.truncate(&name(file), len),
        Step::Rename(from, to) => disk.rename(&name(from), &name(to)),
        Step::Delete(file) => disk.delete(&name(file)),
        Step::LosePower(_) | Step::Reopen => Ok(()),
    }
}

type Content = BTreeMap<String, Vec<u8>>;

fn content(disk: &dyn Disk) -> Content {
    let files = disk.list().unwrap();
    let read = |file: FileInfo| {
        let bytes = disk.read_all(&file.name).unwrap();
        assert_eq!(bytes.len() as u64, file.len, "{}", file.name);
        (file.name, bytes)
    };
    files.into_iter().map(read).collect()
}

/// What a clean loss of power leaves of a disk in memory.
fn safe(disk: &MemoryDisk) -> Content {
    let left = disk.snapshot();
    left.lose_power(PowerLoss::Clean);
    content(&left)
}

fn lose_power(number: usize, torn: bool, mut lose: impl FnMut(PowerLoss<'_>)) {
    match torn {
        false => lose(PowerLoss::Clean),
        true => lose(PowerLoss::Torn(&mut Random::stream(Seed(number as u64), "loss"))),
    }
}

proptest! {
    #[test]
    fn it_does_what_the_disk_in_memory_does(steps in prop::collection::vec(step(), 1..60)) {
        let machine = Machine::default();
        let (mut packed, mut memory) = (PackedDisk::open(machine.files(), TAG).unwrap(), MemoryDisk::new());
        for (number, step) in steps.iter().enumerate() {
            match step {
                Step::LosePower(torn) => {
                    lose_power(number, *torn, |loss| packed.lose_power(loss));
                    lose_power(number, *torn, |loss| memory.lose_power(loss));
                }
                Step::Reopen => {
                    packed = PackedDisk::open(machine.files(), TAG).unwrap();
                    memory.lose_power(PowerLoss::Clean);
                }
                _ => prop_assert_eq!(perform(&mut packed, number, step), perform(&mut memory, number, step)),
            }
            prop_assert_eq!(content(&packed), content(&memory), "after {:?}", step);
        }
        let mut part = vec![0; 5000];
        for file in memory.list().unwrap() {
            for offset in [0, 1, 4095, 4096, 9999] {
                let mut same = part.clone();
                prop_assert_eq!(packed.read_at(&file.name, offset, &mut part), memory.read_at(&file.name, offset, &mut same));
                prop_assert_eq!(&part, &same);
            }
        }
    }

    /// At every write and flush, in the middle of it too; and once more while the disk is opened again.
    #[test]
    fn nothing_that_was_synced_is_lost_whenever_the_power_goes(
        steps in prop::collection::vec(step(), 1..40),
        at in 0.0..1.0f64,
        at_open in 0..6u64,
        power in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let death = if power { Death::Power } else { Death::Process };
        let mut random = Random::stream(Seed(seed), "death");
        let run = |machine: &Machine| -> (Vec<Content>, usize) {
            let mut memory = MemoryDisk::new();
            // What is safe after each step, and from which of these on nothing may be missing.
            let (mut states, mut from) = (vec![Content::new()], 0);
            let Ok(mut packed) = PackedDisk::open(machine.files(), TAG) else { return (states, from) };
            for (number, step) in steps.iter().enumerate() {
                let done = perform(&mut packed, number, step);
                if machine.is_dead() {
                    // Begun, and done in part perhaps.
                    let _ = perform(&mut memory, number, step);
                    states.push(safe(&memory));
                    break;
                }
                assert_eq!(done, perform(&mut memory, number, step));
                states.push(safe(&memory));
                if matches!(step, Step::Sync(_)) && done.is_ok() {
                    from = states.len() - 1;
                }
            }
            (states, from)
        };
        let whole = Machine::default();
        run(&whole);
        let machine = Machine::default();
        machine.die_after((whole.operations() as f64 * at) as u64);
        let (states, from) = run(&machine);
        machine.revive(death, &mut random);
        machine.die_after(at_open);
        if PackedDisk::open(machine.files(), TAG).is_err() {
            prop_assert!(machine.is_dead());
        }
        machine.revive(death, &mut random);
        let mut packed = PackedDisk::open(machine.files(), TAG).unwrap();
        let found = content(&packed);
        prop_assert!(states[from..].contains(&found), "{} of {} states are left", states.len() - from, states.len());
        // It goes on, and what comes now is no less safe.
        packed.create("new").unwrap();
        packed.append("new", &[1; 5000]).unwrap();
        packed.sync("new").unwrap();
        machine.revive(Death::Power, &mut random);
        let mut expected = found;
        expected.insert("new".into(), vec![1; 5000]);
        prop_assert_eq!(content(&PackedDisk::open(machine.files(), TAG).unwrap()), expected);
    }
}

fn filled(machine: &Machine) -> PackedDisk {
    let mut disk = PackedDisk::open(machine.files(), TAG).unwrap();
    for (file, bytes) in [("one", 5000), ("two", 30_000)] {
        disk.create(file).unwrap();
        disk.append(file, &vec![b'x'; bytes]).unwrap();
        disk.sync(file).unwrap();
    }
    disk
}

#[test]
fn damage_is_reported_for_the_file_it_hit() {
    let machine = Machine::default();
    let disk = filled(&machine);
    assert!(machine.flip(0, 4096 + 10));
    let disk: &dyn Disk = &disk;
    let damaged = StorageError::Corrupt {
        file: "one".into(),
        offset: 4096,
        what: "the block does not match its checksum".into(),
    };
    assert_eq!(disk.read_all("one"), Err(damaged));
    assert_eq!(disk.read_all("two").unwrap(), vec![b'x'; 30_000]);
}

#[test]
fn a_damaged_journal_is_told_from_a_torn_one() {
    for flipped in 0..400 {
        let machine = Machine::default();
        drop(filled(&machine));
        // The checkpoint of the empty disk is in slot 1, and so are the changes.
        assert!(machine.flip(2, flipped));
        match PackedDisk::open(machine.files(), TAG) {
            Err(StorageError::Corrupt { file, .. }) => assert_eq!(file, "the disk's journal"),
            Ok(disk) => assert_eq!(disk.list().unwrap().len(), 2, "a bit at {flipped} goes unnoticed"),
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn room_is_used_again_and_given_back() {
    let machine = Machine::default();
    let mut disk = PackedDisk::open(machine.files(), TAG).unwrap();
    for round in 0..200 {
        let file = format!("file-{round}");
        disk.create(&file).unwrap();
        disk.append(&file, &[0; 100_000]).unwrap();
        disk.sync(&file).unwrap();
        if round > 1 {
            disk.delete(&format!("file-{}", round - 2)).unwrap();
        }
    }
    assert!(machine.size(0) <= 512 << 10, "{} bytes", machine.size(0));
    // Each sync is a change: the journal begins anew now and then.
    for _ in 0..5000 {
        disk.append("file-199", &[0; 200]).unwrap();
        disk.sync("file-199").unwrap();
    }
    assert!(machine.size(1).max(machine.size(2)) < 1 << 20);
    disk.wipe(TAG + 1).unwrap();
    assert!(disk.list().unwrap().is_empty());
    assert_eq!(machine.size(0), 0);
}

#[test]
fn what_has_another_tag_is_another_s() {
    let machine = Machine::default();
    drop(filled(&machine));
    assert_eq!(PackedDisk::open(machine.files(), TAG).unwrap().list().unwrap().len(), 2);
    assert!(PackedDisk::open(machine.files(), 8).unwrap().list().unwrap().is_empty());
    assert!(
        PackedDisk::open(machine.files(), TAG)
            .unwrap()
            .list()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn after_a_flush_that_failed_it_takes_nothing() {
    let machine = Machine::default();
    let mut disk = filled(&machine);
    disk.append("one", b"more").unwrap();
    machine.fail_to_flush(true);
    assert!(matches!(disk.sync("one"), Err(StorageError::Io { .. })));
    machine.fail_to_flush(false);
    assert!(matches!(disk.sync("one"), Err(StorageError::Io { .. })));
    assert!(matches!(disk.append("one", b"more"), Err(StorageError::Io { .. })));
    assert_eq!(disk.len("two"), Ok(30_000));

    // Emptied, it has nothing to lose.
    machine.fail_to_flush(true);
    assert!(disk.wipe(8).is_err());
    machine.fail_to_flush(false);
    disk.wipe(8).unwrap();
    disk.create("one").unwrap();
    disk.append("one", b"more").unwrap();
    disk.sync("one").unwrap();
    assert_eq!(PackedDisk::open(machine.files(), 8).unwrap().len("one"), Ok(4));
    let mut none = PackedDisk::unusable(StorageError::NotFound { file: "x".into() });
    assert_eq!(none.create("one").and_then(|()| none.append("one", b"")), none.wipe(8));
}

/// What the journal still names must not be written over, however the writes reach the disk.
#[test]
fn what_is_deleted_or_cut_off_stays_until_the_journal_says_so() {
    for seed in 0..60 {
        for cut in [false, true] {
            let machine = Machine::default();
            let mut disk = filled(&machine);
            let before = content(&disk);
            let mut after = before.clone();
            if cut {
                disk.truncate("two", 10_000).unwrap();
                after.insert("two".into(), vec![b'x'; 10_000]);
                disk.append("two", &[b'y'; 20_000]).unwrap();
            } else {
                disk.delete("two").unwrap();
                after.remove("two");
                disk.create("three").unwrap();
                disk.append("three", &[b'y'; 30_000]).unwrap();
            }
            machine.revive(Death::Power, &mut Random::stream(Seed(seed), "death"));
            let found = content(&PackedDisk::open(machine.files(), TAG).unwrap());
            assert!(found == before || found == after, "{:?}", found.keys());
        }
    }
}
