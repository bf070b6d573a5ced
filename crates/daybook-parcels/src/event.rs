//! What happens to parcels.

use daybook_core::event::{PersonalVisitor, event_payload};
use daybook_core::ids::Actor;
use daybook_core::personal::Personal;
use daybook_core::subject::SubjectId;
use daybook_core::upcast::Upcaster;
use serde::{Deserialize, Serialize};

/// An event of one parcel's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParcelEvent {
    /// `parcel-accepted`
    Accepted(ParcelAccepted),
    /// `parcel-handed-over`
    HandedOver(ParcelHandedOver),
    /// `parcel-delivered`
    Delivered(ParcelDelivered),
}

event_payload! {
    ParcelEvent, upcasters: UPCASTERS, personal: visit_personal;
    Accepted(ParcelAccepted) = "parcel-accepted", 1;
    HandedOver(ParcelHandedOver) = "parcel-handed-over", 1;
    Delivered(ParcelDelivered) = "parcel-delivered", 1;
}

/// How payloads of older schema versions are read: none yet.
const UPCASTERS: &[Upcaster] = &[];

/// It was taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelAccepted {
    /// The person that it is for.
    pub recipient: SubjectId,
    /// The recipient's name.
    pub name: Personal,
    /// Who has it.
    pub custodian: Actor,
}

/// It changed hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelHandedOver {
    /// Who had it.
    pub from: Actor,
    /// Who has it.
    pub to: Actor,
}

/// Its recipient has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelDelivered {
    /// Who brought it.
    pub by: Actor,
}

fn visit_personal(event: &mut ParcelEvent, visit: PersonalVisitor<'_>) {
    if let ParcelEvent::Accepted(accepted) = event {
        visit("name", &mut accepted.name);
    }
}
