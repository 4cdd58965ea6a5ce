# SPDX-License-Identifier: 0BSD
"""A log of choices with a made taste: stories as `fabula story import` reads them.

The made reader likes temperatures about 0.75, a pronoun and then a quotation, and dialogue; dislikes what repeats;
has no taste in top_k and length; and takes the first place somewhat too often.
"""
import math
import random

NAMES = ("Mara", "Tom", "Ines", "Oskar", "Lena", "Pavel")
THINGS = ("the lamp", "the door", "the sea", "her coat", "an old letter", "the stairs", "a grey bird", "the last boat")
DEEDS = ("opened", "watched", "carried", "forgot", "painted", "heard", "left", "found")
SAYINGS = ("Wait for me", "Who is there?", "We must go", "Not tonight", "I know this place", "Listen!")
STARTERS = ("Then", "The", "Suddenly", "Outside", "Nobody", "At", "But", "There")
PRONOUNS = ("He", "She", "They", "I", "We", "It")
START = 1_790_000_000_000  # milliseconds: September 2026


def sentence(chance):
    kind = chance.random()
    if kind < 0.22:
        return f'{chance.choice(PRONOUNS)} said, "{chance.choice(SAYINGS)}"'
    if kind < 0.37:
        return f'"{chance.choice(SAYINGS)}," said {chance.choice(NAMES)}.'
    if kind < 0.62:
        return f"{chance.choice(PRONOUNS)} {chance.choice(DEEDS)} {chance.choice(THINGS)}."
    return f"{chance.choice(STARTERS)} {chance.choice(THINGS)} was still, and {chance.choice(NAMES)} {chance.choice(DEEDS)} {chance.choice(THINGS)}."


def settings(chance):
    top_k = int(math.exp(chance.uniform(math.log(10), math.log(201))))
    ceiling = 1.3 - 0.4 * (top_k - 10) / 190
    return {"temperature": round(chance.uniform(0.5, ceiling), 4), "top_k": top_k,
            "typical_p": round(chance.uniform(0.6, 1.0), 4), "max_new_tokens": chance.choice((32, 48, 64))}


def text(chance, drawn):
    told = [sentence(chance)]
    while len(" ".join(told).split()) < drawn["max_new_tokens"] / 2.5:
        again = chance.random() < 0.5 * (1.1 - drawn["temperature"])
        told.append(told[-1] if again else sentence(chance))
    whole = " " + " ".join(told)
    return whole if chance.random() < 0.8 else whole.rsplit(" ", 2)[0]


def utility(candidate, place):
    words = candidate["text"]
    first = words.split()[0]
    sentences = [part for part in words.replace("?", ".").replace("!", ".").split(".") if part.strip()]
    is_pronoun_quote = first in PRONOUNS and '"' in words[:24]
    worth = -((candidate["settings"]["temperature"] - 0.75) / 0.22) ** 2 / 2
    worth += 1.2 * is_pronoun_quote + 0.8 * words.count('"') / 4
    worth -= 0.9 * (len(sentences) - len(set(sentences)))
    return worth + (0.35 if place == 0 else 0)


def tokens(chance, words, temperature):
    n = max(1, len(words) // 4)
    ids = [chance.randrange(3, 30000) for _ in range(n)]
    # What floats of 32 bits hold.
    model = [-round(chance.expovariate(1 / (0.4 + temperature)) * 64) / 64 for _ in range(n)]
    return {"ids": ids, "logprob_model": model, "logprob": model, "entropy": [1.0] * n, "rank": [0] * n}


def candidate(chance, index, now, policy):
    drawn = settings(chance)
    words = text(chance, drawn)
    return {"index": index, "text": words, "ids_bytes": 0, "tokens": tokens(chance, words, drawn["temperature"]), "settings": drawn,
            "policy": policy, "propensity": None, "stream": "1", "ending": "sentence_end", "score": -1.0, "copied_share": 0.0,
            "seconds": 0.1, "created": now}


def gumbel(chance):
    return -math.log(-math.log(chance.random()))


def reason_of(chance):
    return chance.choice(("", "", "", "", "style", "coherence", "turn", "style,turn", "the sea again"))


def decided(chance, offer, now, user):
    """The choice of a made person, and the passage that it makes, or None."""
    shown = [each["index"] for each in offer["candidates"]]
    chance.shuffle(shown)
    worth = [utility(offer["candidates"][index], place) + gumbel(chance) for place, index in enumerate(shown)]
    picked = shown[worth.index(max(worth))]
    choice = {"offer": offer["id"], "index": picked, "passage": 0, "chooser": "person", "reason": reason_of(chance), "created": now,
              "user": user, "shown": shown, "seconds": round(chance.lognormvariate(2.2, 0.8), 1)}
    passage = {"parent": offer["parent"], "origin": "generated", "text": offer["candidates"][picked]["text"], "offer": offer["id"],
               "index": picked, "created": now}
    ending = chance.random()
    if ending < 0.06:
        passage.update(origin="edited", text=passage["text"] + " Still.")
    elif ending < 0.09:
        choice["index"] = passage["index"] = None
        passage.update(origin="written", text=" Something else came.")
    return choice, passage


def story(seed, n_steps=6, user="reader 1", model="stories15M-q8_0", policies=("random", "fixed")):
    """One document. The same for equal arguments."""
    chance = random.Random(seed)
    now = START + seed * 7_200_000
    opening = f"Once {chance.choice(NAMES)} {chance.choice(DEEDS)} {chance.choice(THINGS)}."
    passages = [{"id": 0, "parent": None, "step": 0, "origin": "opening", "text": opening, "offer": None, "index": None, "created": now}]
    document = {"format": "fabula-story", "version": 1, "head": n_steps, "passages": passages, "offers": [], "choices": [], "ratings": [],
                "moves": [{"kind": "start", "passage": 0, "created": now}],
                "story": {"id": 1, "title": f"made {seed}", "seed": str(seed), "model": model, "system": "", "instruction": "",
                          "created": now, "source": f"made:{seed}"}}
    for step in range(1, n_steps + 1):
        now += 60_000
        candidates = [candidate(chance, index, now, policies[index % len(policies)]) for index in range(3)]
        offer = {"id": step, "parent": step - 1, "number": 0, "model": model, "model_hash": "", "adapter_hash": "", "backend": "made",
                 "arithmetic": "", "created": now, "prompt": [], "prompt_ids": [], "candidates": candidates}
        choice, passage = decided(chance, offer, now, user)
        choice["passage"] = step
        passages.append({"id": step, "step": step, **passage})
        document["offers"].append(offer)
        document["choices"].append(choice)
        document["moves"].append({"kind": "choice", "passage": step, "created": now})
        if choice["index"] is not None and chance.random() < 0.1:
            document["ratings"].append({"offer": step, "index": choice["index"], "rating": 1 if chance.random() < 0.8 else -1,
                                        "reason": "style", "user": user, "created": now})
    return document
