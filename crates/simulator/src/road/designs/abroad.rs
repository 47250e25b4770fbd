//! Bases of Canadian provinces, Mexican states at the border, and of nations whose plates are issued statewide.

use crate::design::Separator::{Bar, Emblem};

use super::{BLACK, BLUE, GREEN, IVORY, Look, NAVY, RED, ROSE, SAND, SKY, WHITE};

pub(super) const LOOKS: [Look; 24] = [
    Look::of("ca-ab", "ALBERTA", &["WILD ROSE COUNTRY"], (WHITE, WHITE), RED, RED).between(Bar),
    Look::of("ca-bc", "BRITISH COLUMBIA", &["BEAUTIFUL"], (WHITE, WHITE), NAVY, BLUE).sans(),
    Look::of("ca-mb", "MANITOBA", &["FRIENDLY MANITOBA"], (SKY, WHITE), NAVY, NAVY),
    Look::of("ca-nb", "NEW BRUNSWICK", &["NOUVEAU-BRUNSWICK"], (WHITE, WHITE), BLACK, RED),
    Look::of("ca-nl", "NEWFOUNDLAND & LABRADOR", &["CANADA"], (WHITE, WHITE), RED, NAVY),
    Look::of("ca-ns", "NOVA SCOTIA", &["CANADA'S OCEAN PLAYGROUND"], (WHITE, SKY), BLUE, BLUE),
    Look::of("ca-nt", "NORTHWEST TERRITORIES", &["SPECTACULAR"], (SKY, WHITE), NAVY, NAVY),
    Look::of("ca-nu", "NUNAVUT", &["CANADA"], (SKY, NAVY), WHITE, WHITE),
    Look::of("ca-on", "ONTARIO", &["YOURS TO DISCOVER"], (WHITE, WHITE), BLUE, BLUE).between(Emblem),
    Look::of("ca-pe", "PRINCE EDWARD ISLAND", &["BIRTHPLACE OF CONFEDERATION"], (WHITE, WHITE), GREEN, GREEN),
    Look::of("ca-qc", "QUEBEC", &["JE ME SOUVIENS"], (WHITE, WHITE), NAVY, NAVY).noto(),
    Look::of("ca-sk", "SASKATCHEWAN", &["LAND OF LIVING SKIES"], (WHITE, WHITE), GREEN, GREEN),
    Look::of("ca-yt", "YUKON", &["THE KLONDIKE"], (WHITE, SAND), NAVY, RED),
    Look::of("mx-tam", "TAMAULIPAS", &["TAMPS. MEXICO"], (WHITE, ROSE), BLACK, RED).between(Bar),
    Look::of("mx-nle", "NUEVO LEON", &["MEXICO"], (WHITE, SAND), BLACK, NAVY).between(Bar),
    Look::of("mx-coa", "COAHUILA", &["MEXICO"], (WHITE, IVORY), BLACK, RED).between(Bar),
    Look::of("mx-chh", "CHIHUAHUA", &["MEXICO"], (WHITE, WHITE), BLACK, NAVY).between(Bar),
    Look::of("mx-son", "SONORA", &["MEXICO"], (WHITE, SAND), BLACK, NAVY).between(Bar),
    Look::of("mx-bcn", "BAJA CALIFORNIA", &["MEXICO"], (WHITE, SKY), BLACK, NAVY).between(Bar),
    Look::of("us-cherokee-nation", "CHEROKEE NATION", &["", "TRIBAL CITIZEN"], (WHITE, ROSE), NAVY, RED),
    Look::of("us-chickasaw-nation", "CHICKASAW NATION", &[""], (SKY, WHITE), NAVY, NAVY).noto(),
    Look::of("us-choctaw-nation", "CHOCTAW NATION", &["", "OF OKLAHOMA"], (IVORY, WHITE), BLACK, RED),
    Look::of("us-muscogee-nation", "MUSCOGEE NATION", &["MVSKOKE"], (WHITE, SAND), BLACK, RED),
    Look::of("us-osage-nation", "OSAGE NATION", &["WAH-ZHA-ZHE"], (SKY, WHITE), NAVY, NAVY),
];
