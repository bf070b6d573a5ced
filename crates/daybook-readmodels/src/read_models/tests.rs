use daybook_core::ids::Version;
use daybook_core::system::{System, SystemEvent};

use super::*;
use crate::audit::{About, Audit};

const CURRENT: Generation = Generation(2);

fn models() -> Vec<Model<SystemEvent>> {
    let audit = || Arc::new(Audit::of::<System>(|_| About::Nothing));
    [Generation(1), CURRENT].map(|generation| Model { projection: audit(), generation }).into()
}

fn slot(model: usize, partition: u16, standing: Standing) -> Slot {
    let (partition, position) = (Partition(partition), Position::ZERO);
    Slot { model, partition, position, applied: None, standing }
}

fn superseded_of(slots: &[Slot], held: impl IntoIterator<Item = u16>) -> Vec<u16> {
    let models = models();
    let current = [(models[0].name(), CURRENT)];
    let held = held.into_iter().map(Partition).collect();
    superseded(&current, &models, slots, &held).into_iter().map(|partition| partition.0).collect()
}

#[test]
fn a_partition_in_the_current_generation_is_not_superseded_whether_it_goes_on_or_stands() {
    let stands = Standing::Stands { event: None, decided: Version::default() };
    let slots = [slot(1, 0, Standing::GoesOn), slot(1, 1, stands)];
    assert_eq!(superseded_of(&slots, [0, 1]), [] as [u16; 0]);
}

/// Whoever takes a partition on while a rebuild swaps finds the checkpoint of the generation before, retired already: it
/// never moves, so its owner never loses it. The others being in the current generation must not hide that.
#[test]
fn a_partition_in_a_retired_generation_is_superseded_though_others_are_not() {
    let slots = [
        slot(1, 0, Standing::GoesOn),
        slot(0, 1, Standing::Retired),
        slot(0, 2, Standing::GoesOn),
        slot(0, 3, Standing::Stands { event: None, decided: Version::default() }),
    ];
    assert_eq!(superseded_of(&slots, [0, 1, 2, 3]), [1, 2, 3]);
}

/// The generation before the last is current again, after it was opened as a retired one.
#[test]
fn a_partition_that_was_opened_as_retired_is_superseded() {
    assert_eq!(superseded_of(&[slot(1, 0, Standing::Retired)], [0]), [0]);
}

/// Another version of the code had filled the read model, until it was rebuilt.
#[test]
fn a_partition_that_is_open_in_no_generation_is_superseded() {
    assert_eq!(superseded_of(&[], [4]), [4]);
    assert_eq!(superseded_of(&[slot(1, 4, Standing::GoesOn)], []), [] as [u16; 0]);
}
