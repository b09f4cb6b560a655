"""What reports say, in German."""

from __future__ import annotations

from typing import Final

_TABLES: Final = {
    "Ventricular beats": "Ventrikuläre Schläge",
    "classified as ventricular; share of classified beats, and by analysable hour": (
        "als ventrikulär eingeordnet; Anteil an den eingeordneten Schlägen und je auswertbarer Stunde"
    ),
    "Ventricular tachycardia": "Ventrikuläre Tachykardie",
    "{sustained} sustained, {others} non-sustained": "{sustained} anhaltend, {others} nicht anhaltend",
    "runs above {rate}/min; sustained from {seconds} s on": (
        "Salven mit mehr als {rate}/min; anhaltend ab {seconds} s"
    ),
    "Bigeminy": "Bigeminus",
    "at least {cycles} cycles: one other beat before each ventricular one": (
        "mindestens {cycles} Zyklen: ein anderer Schlag vor jedem ventrikulären"
    ),
    "Trigeminy": "Trigeminus",
    "at least {cycles} cycles: two other beats before each ventricular one": (
        "mindestens {cycles} Zyklen: zwei andere Schläge vor jedem ventrikulären"
    ),
    "Supraventricular beats": "Supraventrikuläre Schläge",
    "classified as supraventricular; share of classified beats, and by analysable hour": (
        "als supraventrikulär eingeordnet; Anteil an den eingeordneten Schlägen und je auswertbarer Stunde"
    ),
    "Paced beats": "Schrittmacherschläge",
    "of the classified beats": "der eingeordneten Schläge",
    "Heart rate": "Herzfrequenz",
    "mean {mean}; {least} to {greatest}": "Mittel {mean}; {least} bis {greatest}",
    "mean of {intervals} RR intervals, sliding; the mean: of all intervals": (
        "gleitendes Mittel von {intervals} RR-Intervallen; das Mittel: aller Intervalle"
    ),
    "Tachycardia": "Tachykardie",
    "above {rate}/min of {intervals} intervals, for at least {seconds} s": (
        "mehr als {rate}/min über {intervals} Intervalle, mindestens {seconds} s lang"
    ),
    "Bradycardia": "Bradykardie",
    "below {rate}/min of {intervals} intervals, for at least {seconds} s": (
        "weniger als {rate}/min über {intervals} Intervalle, mindestens {seconds} s lang"
    ),
    "{count} of {seconds} s and more": "{count} ab {seconds} s",
    "; longest {seconds} s at {at}": "; längste {seconds} s bei {at}",
    "RR intervals of that length, never across gaps or unreadable seconds": (
        "RR-Intervalle dieser Länge, nie über Lücken oder unlesbare Sekunden hinweg"
    ),
    "Pauses": "Pausen",
    "{rate}/min at {at}": "{rate}/min bei {at}",
    "{count} an hour": "{count} je Stunde",
    "{count} isolated": "{count} einzeln",
    "{count} couplet": "{count} Couplet",
    "{count} couplets": "{count} Couplets",
    "{count} short run": "{count} kurze Salve",
    "{count} short runs": "{count} kurze Salven",
    "{count} long run": "{count} lange Salve",
    "{count} long runs": "{count} lange Salven",
    "; longest {beats} beats, {rate}/min, at {at}": "; längste {beats} Schläge, {rate}/min, bei {at}",
    "; fastest {beats} beats, {rate}/min, at {at}": "; schnellste {beats} Schläge, {rate}/min, bei {at}",
    "couplet: two in a row; short: {least} to {most} beats; long: {long} and more": (
        "Couplet: zwei hintereinander; kurz: {least} bis {most} Schläge; lang: ab {long}"
    ),
    "Atrial fibrillation": "Vorhofflimmern",
    "by irregular intervals without P waves, from {seconds} s on; frequent atrial extra beats and strong"
    " breathing may look alike": (
        "nach unregelmäßigen Intervallen ohne P-Wellen, ab {seconds} s; häufige Vorhofextrasystolen und starke Atmung"
        " können ebenso aussehen"
    ),
    "Ventricular flutter, fibrillation": "Kammerflattern, -flimmern",
    "by the shape of its waves; counts as no time and no beats in anything else here": (
        "nach der Form der Wellen; zählt hier sonst weder als Zeit noch als Schläge"
    ),
    "none": "keine",
    "{seconds} seconds can't say what a day can: how often beats come early, whether episodes come and go, how the"
    " rate changes over the hours. What isn't seen here may still be there. Too short for: {measures}.": (
        "{seconds} Sekunden können nicht sagen, was ein Tag sagen kann: wie oft Schläge zu früh kommen, ob Episoden"
        " kommen und gehen, wie sich die Frequenz über die Stunden ändert. Was hier nicht zu sehen ist, kann es"
        " trotzdem geben. Zu kurz für: {measures}."
    ),
    "too short to say": "zu kurz, um das zu sagen",
    "too short for beats an hour": "zu kurz für Schläge je Stunde",
    "{count}; too short to say whether sustained": "{count}; zu kurz, um zu sagen, ob anhaltend",
    "beats an hour": "Schläge je Stunde",
    "heart rate variability": "Herzfrequenzvariabilität",
    "tachycardia and bradycardia": "Tachykardie und Bradykardie",
    "sustained ventricular tachycardia": "anhaltende ventrikuläre Tachykardie",
    "atrial fibrillation": "Vorhofflimmern",
    "{what} ({seconds} s)": "{what} ({seconds} s)",
    "{count} episode": "{count} Episode",
    "{count} episodes": "{count} Episoden",
    "{episodes}, {together} together; longest {longest} at {at}": (
        "{episodes}, zusammen {together}; längste {longest} bei {at}"
    ),
    "NN intervals alone, {share} of the known ones; SDANN of segments of {segment} s; pNN50: steps above {step} ms": (
        "nur NN-Intervalle, {share} der bekannten; SDANN aus Abschnitten von {segment} s; pNN50: Sprünge über {step} ms"
    ),
    "Heart rate variability": "Herzfrequenzvariabilität",
    "from": "ab",
    "beats": "Schläge",
    "mean /min": "Mittel /min",
    "least /min": "kleinste /min",
    "greatest /min": "größte /min",
    "ventricular": "ventrikulär",
    "supraventricular": "supraventrikulär",
    "pauses": "Pausen",
    "missing": "fehlt",
    "flat": "flach",
    "saturated": "übersteuert",
    "noise": "Störungen",
    "baseline": "Grundlinie schwankt",
    "mains": "Netzbrummen",
    "{share} readable": "{share} lesbar",
    "nothing wrong": "nichts auszusetzen",
    "{analysed} of {recorded} could be analysed; {left} are gaps, seconds in which no lead can be read, or"
    " ventricular fibrillation.": (
        "{analysed} von {recorded} waren auswertbar; {left} sind Lücken, Sekunden, in denen keine Ableitung lesbar ist,"
        " oder Kammerflimmern."
    ),
    "{count} beats are of no kind that the measures know.": (
        "{count} Schläge sind von keiner Art, die die Messwerte kennen."
    ),
    "ST is not measured: what a recorder's high-pass filter and the position of the electrodes do to it can't be told"
    " from the recording, and both move it by more than what would matter.": (
        "ST wird nicht gemessen: Was der Hochpassfilter des Rekorders und die Lage der Elektroden daran ändern, ist der"
        " Aufzeichnung nicht anzusehen, und beides verschiebt es um mehr als das, worauf es ankäme."
    ),
}

_STRIPS: Final = {
    "Usual rhythm": "Üblicher Rhythmus",
    "Longest pause, {seconds} s": "Längste Pause, {seconds} s",
    "Fastest rate, {rate}/min": "Höchste Frequenz, {rate}/min",
    "Slowest rate, {rate}/min": "Niedrigste Frequenz, {rate}/min",
    "Longest supraventricular run, {beats} beats, {rate}/min": (
        "Längste supraventrikuläre Salve, {beats} Schläge, {rate}/min"
    ),
    "First isolated supraventricular beat": "Erster einzelner supraventrikulärer Schlag",
    "Least certain beat ({kind}, probability {probability}), in the middle": (
        "Unsicherster Schlag ({kind}, Wahrscheinlichkeit {probability}), in der Mitte"
    ),
    "Ventricular flutter or fibrillation": "Kammerflattern oder -flimmern",
    "longest of {count}": "längste von {count} Episoden",
    "the only episode": "die einzige Episode",
    "{name}, {which}, {seconds} s; its middle": "{name}, {which}, {seconds} s; die Mitte davon",
    "Longest ventricular run, {beats} beats, {rate}/min": "Längste ventrikuläre Salve, {beats} Schläge, {rate}/min",
    "Fastest ventricular run, {beats} beats, {rate}/min": "Schnellste ventrikuläre Salve, {beats} Schläge, {rate}/min",
    "First ventricular run, {beats} beats": "Erste ventrikuläre Salve, {beats} Schläge",
    "First ventricular couplet": "Erstes ventrikuläres Couplet",
    "Longest bigeminy, {seconds} s": "Längster Bigeminus, {seconds} s",
    "First isolated ventricular beat": "Erster einzelner ventrikulärer Schlag",
}

_PAGES: Final = {
    "Report of an ECG recording": "Bericht über eine EKG-Aufzeichnung",
    "For research and education only. Not a medical device, not for diagnosis.": (
        "Nur für Forschung und Lehre. Kein Medizinprodukt, nicht zur Diagnose."
    ),
    "Not read, not measured": "Nicht gelesen, nicht gemessen",
    "ECG report: {file}": "EKG-Bericht: {file}",
    "{model}, version {version}": "{model}, Version {version}",
    "from {begin}": "ab {begin}",
    "(when is not known)": "(wann, ist nicht bekannt)",
    "{length} {start}, {rate} samples a second": "{length} {start}, {rate} Abtastwerte je Sekunde",
    "Recorded": "Aufgezeichnet",
    "Leads": "Ableitungen",
    "Beats": "Schläge",
    "Certain of": "Sicher bei",
    "Lead {lead}": "Ableitung {lead}",
    "{confident} of {beats} beats ({share}); the model's own statement, not checked by anybody": (
        "{confident} von {beats} Schlägen ({share}); sagt das Modell von sich selbst, niemand hat es geprüft"
    ),
    "{confident} of {beats} beats that no person judged ({share}); the model's own statement": (
        "{confident} von {beats} Schlägen, die kein Mensch beurteilt hat ({share}); sagt das Modell von sich selbst"
    ),
    "what is meant; counted where a lead can be read": ("was gemeint ist; gezählt, wo eine Ableitung lesbar ist"),
    "Measures": "Messwerte",
    "{judged} beats were given their class by a person, {changed} of them another one than by the model; {left_out}"
    " were called no beats and count nowhere.": (
        "{judged} Schläge hat ein Mensch eingeordnet, {changed} davon anders als das Modell; {left_out} sind danach"
        " keine Schläge und zählen nirgends."
    ),
    "the model alone": "das Modell allein",
    "with corrections": "mit Korrekturen",
    "Corrections": "Korrekturen",
    "{text} (taken back)": "{text} (zurückgenommen)",
    "Heart rate and extra beats": "Herzfrequenz und Extrasystolen",
    ", early": ", früh",
    "Beats that look and come alike; the most typical one of each in lead {lead}, 25 mm/s, {gain} mm/mV. The class"
    " is that of most of its beats.": (
        "Schläge, die gleich aussehen und gleich kommen; jeweils der typischste in Ableitung {lead}, 25 mm/s, {gain}"
        " mm/mV. Genannt ist, was die meisten ihrer Schläge sind."
    ),
    "Families of beats": "Familien von Schlägen",
    " {count} more with {beats} beats are not drawn.": " {count} weitere mit {beats} Schlägen sind nicht gezeichnet.",
    "25 mm/s, {gain} mm/mV where nothing else is said; the mark is 1 mV and 0.2 s. Above each beat its class (N"
    " normal, L and R bundle branch block, A atrial and V ventricular extra beat, / paced, ! flutter wave), between"
    " beats the interval in milliseconds. Grey: not recorded.": (
        "25 mm/s, {gain} mm/mV, wo nichts anderes steht; die Eichzacke ist 1 mV und 0,2 s. Über jedem Schlag steht, was"
        " er ist (N normal, L und R Schenkelblock, A Vorhof- und V ventrikuläre Extrasystole, / Schrittmacher, !"
        " Flatterwelle), dazwischen das Intervall in Millisekunden. Grau: nicht aufgezeichnet."
    ),
    "Strips": "Streifen",
    "{what}. From {when}, lead {lead}": "{what}. Ab {when}, Ableitung {lead}",
    "Beatlens, {model} · page {page}": "Beatlens, {model} · Seite {page}",
}

_PICTURES: Final = {
    "Read from a picture": "Von einem Bild gelesen",
    "The signal was read from a picture, not recorded by a device: it is as good as paper, print and picture are.": (
        "Das Signal wurde von einem Bild gelesen, nicht von einem Gerät aufgezeichnet: Es ist so gut, wie Papier, Druck"
        " und Bild sind."
    ),
    "Scale: {speed} mm/s ({speed_basis}), {gain} mm/mV ({gain_basis}); the millimetre is {millimetre_basis}.": (
        "Maßstab: {speed} mm/s ({speed_basis}), {gain} mm/mV ({gain_basis}); der Millimeter ist {millimetre_basis}."
    ),
    "measured on the grid": "am Raster gemessen",
    "printed on the page": "auf die Seite gedruckt",
    "measured on the calibration pulse": "an der Eichzacke gemessen",
    "stated by a person": "von einem Menschen angegeben",
    "assumed, as nothing on the picture tells it": "angenommen, denn nichts auf dem Bild verrät es",
}

_CLASSES: Final = {
    "Normal": "Normal",
    "Left Bundle Branch Block": "Linksschenkelblock",
    "Right Bundle Branch Block": "Rechtsschenkelblock",
    "Premature Atrial Contraction": "Vorhofextrasystole",
    "Premature Ventricular Contraction": "Ventrikuläre Extrasystole",
    "Ventricular Fibrillation": "Kammerflimmern",
    "Paced": "Schrittmacherschlag",
    "Ventricular Escape": "Ventrikulärer Ersatzschlag",
}

TEXTS: Final[dict[str, str]] = _TABLES | _STRIPS | _PAGES | _PICTURES | _CLASSES
"""By the English sentence."""
