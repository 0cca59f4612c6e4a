"""Cohorts small enough to see through, and a larger made-up one to train on."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

PEOPLE = (
    "rownames,id,age,male,weight,height,bmi,case.id,futime,status",
    "1,1,60,1,90,180,27.8,1,2000,1",
    "2,2,50,0,,,,1,3000,0",
    "3,3,70,0,60,160,23.4,1,500,0",
)
READINGS = (
    "rownames,id,days,test,value",
    "1,1,-4000,hdl,30",
    "2,1,-100,hdl,40",
    "3,1,10,hdl,90",
    "4,1,-100,chol,40",
    "5,1,-20,sbp,0",
    "6,2,-30,sbp,150",
    "7,3,-30,fib4,3.1",
    "8,1,-3,smoke,1",
)
EVENTS = (
    "rownames,id,days,event",
    "1,1,-50,htn",
    "2,1,0,diabetes",
    "3,2,400,afib",
    "4,2,900,afib",
    "5,2,100,MI",
    "6,3,1,cardiac arrest",
)


def write(
    folder: Path,
    people: tuple[str, ...] = PEOPLE,
    readings: tuple[str, ...] = READINGS,
    events: tuple[str, ...] = EVENTS,
) -> Path:
    for name, lines in (("nafld1", people), ("nafld2", readings), ("nafld3", events)):
        (folder / f"{name}.csv.gz").write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    return folder


def made_up(folder: Path, people: int = 1500, seed: int = 1) -> Path:
    """A cohort in which age drives everything, body mass index diabetes, and nothing else anything."""
    chance = np.random.default_rng(seed)
    age, bmi = chance.integers(30, 85, people), chance.normal(29, 5, people).clip(16, 55)
    end = chance.uniform(1000, 6000, people)
    death = chance.exponential(25000 / np.exp((age - 60) / 12))
    rows, readings, events = [PEOPLE[0]], [READINGS[0]], [EVENTS[0]]
    for one in range(people):
        last = int(min(end[one], death[one])) + 1
        height = "" if one % 5 == 0 else "170"
        shown = "" if one % 4 == 0 else f"{bmi[one]:.2f}"
        died = int(death[one] < end[one])
        rows.append(f"{one},{one},{age[one]},{one % 2},,{height},{shown},1,{last},{died}")
        readings += [f"1,{one},-10,hdl,{30 + one % 50}", f"1,{one},-9,sbp,{110 + one % 60}"]
        for number, name in enumerate(("afib", "heart failure", "MI", "stroke", "diabetes")):
            told = (bmi[one] - 29) / 5 if name == "diabetes" else (age[one] - 60) / 10
            day = int(chance.exponential(12000 / np.exp(told)))
            if day < last:
                events.append(f"1,{one},{day - (400 if one % 9 == number else 0)},{name}")
    return write(folder, tuple(rows), tuple(readings), tuple(events))
