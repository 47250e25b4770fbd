//! Bases of states that the other presets do not draw, and further ones of those they do.

use crate::design::Separator::{Bar, Dot, Emblem};
use crate::tone::Tone;

use super::{BLACK, BLUE, GOLD, GREEN, IVORY, Look, NAVY, RED, ROSE, SAND, SKY, WHITE};

const PALE_GREEN: Tone = Tone::rgb(206, 226, 204);
const DEEP_GREEN: Tone = Tone::rgb(30, 96, 66);
const TURQUOISE: Tone = Tone::rgb(120, 190, 200);
const ORANGE: Tone = Tone::rgb(240, 160, 90);

pub(super) const LOOKS: [Look; 48] = [
    Look::of("us-ak", "ALASKA", &["THE LAST FRONTIER"], (GOLD, GOLD), NAVY, NAVY).below().noto(),
    Look::of("us-al", "ALABAMA", &["SWEET HOME ALABAMA", "HEART OF DIXIE"], (SKY, WHITE), NAVY, RED).script(),
    Look::of("us-ar", "ARKANSAS", &["THE NATURAL STATE"], (WHITE, SKY), BLACK, RED).between(Emblem),
    Look::of("us-ca", "CALIFORNIA", &[], (BLACK, BLACK), GOLD, GOLD),
    Look::of("us-ct", "CONNECTICUT", &["CONSTITUTION STATE"], (SKY, WHITE), NAVY, NAVY).between(Bar).sans(),
    Look::of("us-dc", "WASHINGTON, DC", &["END TAXATION WITHOUT REPRESENTATION"], (WHITE, WHITE), NAVY, RED)
        .between(Bar),
    Look::of("us-de", "DELAWARE", &["THE FIRST STATE"], (NAVY, NAVY), GOLD, GOLD).below().sans(),
    // Counties stand where others have a slogan: Houston is one.
    Look::of("us-ga", "GEORGIA", &["FULTON", "COBB", "HOUSTON", "PEACH STATE"], (WHITE, ROSE), BLACK, NAVY)
        .between(Emblem),
    Look::of("us-ga", "GEORGIA", &["GEORGIA.GOV"], (ORANGE, WHITE), BLACK, BLACK).noto(),
    Look::of("us-hi", "HAWAII", &["ALOHA STATE"], (WHITE, WHITE), BLACK, BLACK).sans(),
    Look::of("us-ia", "IOWA", &["POLK", "LINN", "DALLAS", "WASHINGTON"], (SKY, WHITE), NAVY, NAVY),
    Look::of("us-id", "SCENIC IDAHO", &["FAMOUS POTATOES"], (ROSE, SKY), NAVY, RED).noto(),
    Look::of("us-in", "INDIANA", &["IN GOD WE TRUST", "CROSSROADS OF AMERICA"], (SKY, WHITE), NAVY, NAVY),
    Look::of("us-ks", "KANSAS", &["TO THE STARS"], (GOLD, IVORY), NAVY, NAVY).sans(),
    Look::of("us-ky", "KENTUCKY", &["JEFFERSON", "FAYETTE", "BLUEGRASS STATE"], (SKY, WHITE), NAVY, NAVY).sans(),
    Look::of("us-la", "LOUISIANA", &["SPORTSMAN'S PARADISE", "BAYOU STATE"], (WHITE, SAND), NAVY, RED).script(),
    Look::of("us-ma", "MASSACHUSETTS", &["THE SPIRIT OF AMERICA"], (WHITE, WHITE), RED, NAVY).sans(),
    Look::of("us-md", "MARYLAND", &["MARYLANDPROUD.ORG", "WAR OF 1812"], (WHITE, WHITE), BLACK, BLACK),
    Look::of("us-me", "MAINE", &["VACATIONLAND"], (WHITE, PALE_GREEN), BLACK, GREEN).between(Emblem).noto(),
    Look::of("us-mi", "PURE MICHIGAN", &["MICHIGAN.ORG", "WATER-WINTER WONDERLAND"], (WHITE, WHITE), BLUE, BLUE),
    Look::of("us-mn", "MINNESOTA", &["10,000 LAKES", "EXPLORE MINNESOTA"], (SKY, WHITE), NAVY, NAVY).between(Bar),
    Look::of("us-mo", "MISSOURI", &["SHOW-ME STATE"], (SKY, WHITE), NAVY, NAVY).between(Dot),
    Look::of("us-ms", "MISSISSIPPI", &["HINDS", "DE SOTO", "IN GOD WE TRUST"], (IVORY, IVORY), NAVY, NAVY).script(),
    Look::of("us-mt", "MONTANA", &["TREASURE STATE", "BIG SKY COUNTRY"], (BLUE, BLUE), WHITE, WHITE),
    Look::of("us-nc", "NORTH CAROLINA", &["FIRST IN FLIGHT", "FIRST IN FREEDOM"], (WHITE, SKY), NAVY, RED).between(Bar),
    Look::of("us-nd", "NORTH DAKOTA", &["LEGENDARY", "PEACE GARDEN STATE"], (SKY, SAND), BLACK, NAVY),
    Look::of("us-ne", "NEBRASKA", &["CORNHUSKER STATE", "NEBRASKA.GOV"], (SKY, WHITE), BLACK, NAVY).noto(),
    Look::of("us-nh", "NEW HAMPSHIRE", &["LIVE FREE OR DIE"], (WHITE, PALE_GREEN), GREEN, GREEN).sans(),
    Look::of("us-nj", "NEW JERSEY", &["GARDEN STATE"], (GOLD, WHITE), BLACK, BLACK).between(Emblem),
    Look::of("us-nv", "NEVADA", &["THE SILVER STATE", "HOME MEANS NEVADA"], (SKY, SAND), NAVY, NAVY).between(Bar),
    Look::of("us-ny", "NEW YORK", &["EXCELSIOR", "EMPIRE STATE"], (WHITE, WHITE), NAVY, NAVY).between(Emblem),
    Look::of("us-oh", "OHIO", &["BIRTHPLACE OF AVIATION"], (SKY, PALE_GREEN), NAVY, RED),
    Look::of("us-ok", "OKLAHOMA", &["EXPLORE OKLAHOMA", "TRAVELOK.COM"], (TURQUOISE, WHITE), BLACK, BLACK).noto(),
    Look::of("us-or", "OREGON", &["PACIFIC WONDERLAND"], (ROSE, SKY), NAVY, NAVY).between(Emblem),
    Look::of("us-pa", "PENNSYLVANIA", &["VISITPA.COM", "LET FREEDOM RING"], (BLUE, GOLD), NAVY, WHITE).between(Emblem),
    Look::of("us-ri", "RHODE ISLAND", &["OCEAN STATE"], (WHITE, SKY), NAVY, NAVY).sans(),
    Look::of("us-sc", "SOUTH CAROLINA", &["WHILE I BREATHE, I HOPE"], (WHITE, WHITE), NAVY, NAVY).between(Emblem),
    Look::of("us-sd", "SOUTH DAKOTA", &["GREAT FACES. GREAT PLACES."], (SKY, WHITE), NAVY, RED),
    Look::of("us-tn", "TENNESSEE", &["THE VOLUNTEER STATE", "TNVACATION.COM"], (NAVY, NAVY), WHITE, WHITE),
    Look::of("us-tx", "TEXAS", &["THE LONE STAR STATE"], (WHITE, WHITE), BLACK, BLACK).between(Emblem),
    Look::of("us-ut", "UTAH", &["LIFE ELEVATED", "GREATEST SNOW ON EARTH"], (SKY, WHITE), NAVY, NAVY).script(),
    Look::of("us-va", "VIRGINIA", &["VIRGINIA IS FOR LOVERS", ""], (WHITE, WHITE), NAVY, NAVY).between(Bar),
    Look::of("us-vt", "VERMONT", &["GREEN MOUNTAIN STATE"], (DEEP_GREEN, DEEP_GREEN), WHITE, WHITE),
    Look::of("us-wa", "WASHINGTON", &["EVERGREEN STATE"], (WHITE, SKY), NAVY, RED).sans(),
    Look::of("us-wi", "WISCONSIN", &["AMERICA'S DAIRYLAND"], (WHITE, WHITE), BLACK, RED).between(Bar),
    Look::of("us-wv", "WEST VIRGINIA", &["WILD, WONDERFUL"], (BLUE, GOLD), NAVY, WHITE).script(),
    Look::of("us-wy", "WYOMING", &["FOREVER WEST"], (SKY, SAND), BLACK, BLACK).below(),
    // One code for all who are on duty: 41 CFR 102-34.
    Look::of("us-gov", "U.S. GOVERNMENT", &["FOR OFFICIAL USE ONLY"], (WHITE, WHITE), NAVY, NAVY),
];
