"""Every mistake that a configuration can hold, with the line and the words that a user sees."""

import pytest

HEAD = "name: x\ngrids:\n"
SMALL = HEAD + "  - workloads: noop\n    strategies: serial\n"


def in_grid(line):
    """A small grid with one more line, which is line 5."""
    return f"{SMALL}    {line}\n"


def in_measure(line):
    """A small configuration with a section `measure` whose one key is in line 2."""
    return f"measure:\n  {line}\n{SMALL}"


CASES = {
    "unknown key": (f"nmae: y\n{SMALL}", ('a.yaml:1: unknown key "nmae"; allowed: name, description, measure, grids, '
                    'claims, extends; did you mean "name"?')),
    "missing name": ("grids:\n  - {workloads: noop, strategies: serial}\n", 'a.yaml:1: "name" is missing'),
    "missing grids": ("name: x\n", 'a.yaml:1: "grids" is missing'),
    "missing workloads": (HEAD + "  -\n    strategies: serial\n", 'a.yaml:4: "workloads" is missing'),
    "unusable name": (SMALL.replace("name: x", "name: ../x"), 'a.yaml:1: "name" must be made of letters'),
    "number as name": (SMALL.replace("name: x", "name: 1"), 'a.yaml:1: "name" must be text, not 1; put it in quotes'),
    "grids without content": ("name: x\ngrids:\n", 'a.yaml:2: an entry of "grids" must be a mapping'),
    "no grid": ("name: x\ngrids: []\n", 'a.yaml:2: "grids" must not be an empty list'),
    "misspelt workload": (HEAD + "  - workloads:\n      - noop\n      - slep\n    strategies: serial\n",
                          ('a.yaml:5: unknown workload "slep"; `whichpool list workloads` shows those there are; '
                          'did you mean "sleep"?')),
    "misspelt workload in a mapping": (HEAD + "  - workloads: [noop,\n      {tasks: 3,\n       use: slep}]\n"
                                       "    strategies: serial\n", 'a.yaml:5: unknown workload "slep"'),
    "misspelt strategy": (HEAD + "  - workloads: noop\n    strategies: [serial, thread]\n",
                          ('a.yaml:4: unknown strategy "thread"; `whichpool list strategies` shows those there are; '
                          'did you mean "threads"?')),
    "workload of a wrong type": (HEAD + "  - workloads: [3]\n    strategies: serial\n",
                                 'a.yaml:3: "workloads" must name a workload or be a mapping with `use: …`, not 3'),
    "workload without use": (HEAD + "  - workloads: {seconds: 1s}\n    strategies: serial\n",
                             "a.yaml:3: name a workload with `use: …`, not nothing"),
    "unknown parameter": (HEAD + "  - workloads:\n      - use: sleep\n        second: 1s\n    strategies: serial\n",
                          'a.yaml:5: unknown key "second"; allowed: use, seconds, tasks; did you mean "seconds"?'),
    "parameter of a wrong type": (HEAD + "  - workloads:\n      - use: sleep\n        seconds:\n          - 1ms\n"
                                  "          - soon\n    strategies: serial\n",
                                  ('a.yaml:7: "seconds" must be a duration such as "10ms", "1.5s", "5m" or "2h", '
                                  'not "soon"')),
    "unknown unit": (in_measure("timeout: 5 minutes"), 'a.yaml:2: "timeout" must be a duration such as'),
    "wrong choice": (HEAD + "  - workloads: {use: payload, kind: byte}\n    strategies: serial\n",
                     'a.yaml:3: "kind" must be one of bytes, ints, dict, numpy, not "byte"; did you mean "bytes"?'),
    "wrong start method": (HEAD + "  - workloads: noop\n    strategies: {use: processes, start_method: frok}\n",
                           ('a.yaml:4: "start_method" must be one of fork, forkserver, spawn, not "frok"; '
                           'did you mean "fork"?')),
    "fraction of a byte": (HEAD + "  - workloads: {use: payload, size: 1.5}\n    strategies: serial\n",
                           'a.yaml:3: "size" must be a size such as "64KiB", not 1.5'),
    "negative size": (HEAD + "  - workloads: {use: payload, size: -1}\n    strategies: serial\n",
                      'a.yaml:3: "size" must be at least 0, not -1'),
    "negative duration": (HEAD + "  - workloads: {use: sleep, seconds: -1}\n    strategies: serial\n",
                          'a.yaml:3: "seconds" must be at least 0, not -1'),
    "not a number": (HEAD + "  - workloads: {use: sleep, seconds: .nan}\n    strategies: serial\n",
                     'a.yaml:3: "seconds" must be a duration'),
    "no tasks": (HEAD + "  - workloads: {use: noop, tasks: 0}\n    strategies: serial\n",
                 'a.yaml:3: "tasks" must be at least 1, not 0'),
    "unknown word in tasks": (HEAD + "  - workloads: {use: noop, tasks: 8*cpu}\n    strategies: serial\n",
                              'a.yaml:3: "tasks" must be a whole number or an expression of cpus and workers'),
    "truth as a number": (HEAD + "  - workloads: {use: noop, tasks: true}\n    strategies: serial\n",
                          'a.yaml:3: "tasks" must be a whole number, not true'),
    "empty axis": (HEAD + "  - workloads: {use: sleep, seconds: []}\n    strategies: serial\n",
                   'a.yaml:3: "seconds" must not be an empty list: nothing would be measured'),
    "empty workloads": (HEAD + "  - workloads: []\n    strategies: serial\n", 'a.yaml:3: "workloads" must not be an'),
    "empty strategies": (HEAD + "  - workloads: noop\n    strategies: []\n", 'a.yaml:4: "strategies" must not be an'),
    "empty workers": (in_grid("workers: []"), 'a.yaml:5: "workers" must not be an empty list'),
    "empty interpreters": (in_grid("interpreters: []"), 'a.yaml:5: "interpreters" must not be an empty list'),
    "negative workers": (in_grid("workers: [1, -2]"), 'a.yaml:5: "workers" must be at least 1, not -2'),
    "no workers": (in_grid("workers: 0"), 'a.yaml:5: "workers" must be at least 1, not 0'),
    "half a worker": (in_grid("workers: 1.5"), 'a.yaml:5: "workers" must be a whole number, not 1.5'),
    "too many workers": (in_grid("workers: 1000000"), 'a.yaml:5: "workers" must be at most 100000, not 1000000'),
    "workers by their own number": (in_grid("workers: 2*workers"), 'a.yaml:5: "workers" must be a whole number or'),
    "code in workers": (in_grid("workers: __import__('os').getpid()"), 'a.yaml:5: "workers" must be a whole number'),
    "interpreter of a wrong type": (in_grid("interpreters: [[a]]"), 'a.yaml:5: "interpreters" must be current, the'),
    "unknown key of a grid": (in_grid("worker: 3"), ('a.yaml:5: unknown key "worker"; allowed: workloads, strategies, '
                              'workers, interpreters, exclude, measure; did you mean "workers"?')),
    "inner key written by hand": (in_grid("place: b.yaml:3"), 'a.yaml:5: unknown key "place"'),
    "budget of a grid": (in_grid("measure: {budget: 3s}"), 'a.yaml:5: unknown key "budget"; allowed: blocks, iter'),
    "measure of a wrong type": (f"measure: 3\n{SMALL}", 'a.yaml:1: "measure" must be a mapping'),
    "unknown key of measure": (in_measure("timeouts: 3s"), 'a.yaml:2: unknown key "timeouts"; allowed: blocks, '),
    "negative iterations": (in_measure("iterations: -1"), 'a.yaml:2: "iterations" must be at least 1, not -1'),
    "text for iterations": (in_measure("iterations: three"), 'a.yaml:2: "iterations" must be a whole number, not "th'),
    "endless iterations": (in_measure("iterations: 1e12"), 'a.yaml:2: "iterations" must be at most 1000000'),
    "negative warm-up": (in_measure("warmup: -1"), 'a.yaml:2: "warmup" must be at least 0, not -1'),
    "precision in per cent, without": (in_measure("precision: 3"), ('a.yaml:2: "precision" must lie between 0% and 100%'
                                       ', not 3; write "3%" or 0.03')),
    "precision of nothing": (in_measure("precision: 0%"), 'a.yaml:2: "precision" must lie between 0% and 100%'),
    "precision in words": (in_measure("precision: high"), 'a.yaml:2: "precision" must be a percentage such as "3%"'),
    "control characters": (in_measure('timeout: "\\e[31m"'), "a.yaml:2: a text with the character U+001B is not allo"),
    "steering the terminal": (in_measure('timeout: "\\e[31m"'), r'"5m" or "2h", not "\x1b[31m"'),
    "infinite time": (in_measure("timeout: 1e400"), 'a.yaml:2: "timeout" must be a duration'),
    "a number of many digits": (in_measure("timeout: " + "9" * 400), 'a.yaml:2: "timeout" must be a duration'),
    "a size of many digits": (in_measure("memory_limit: " + "9" * 400), 'a.yaml:2: "memory_limit" must be a size'),
    "a comparison of many digits": (in_grid(f"exclude: [{{workers: '> {'9' * 400}'}}]"), 'a.yaml:5: "workers" must be'),
    "an expression of many workers": (in_grid("workers: 90000*cpus"), 'a.yaml:5: "workers" must be at most 100000'),
    "no budget": (in_measure("budget: 0s"), 'a.yaml:2: "budget" must be longer than nothing, not "0s"'),
    "no time": (in_measure("timeout: 0"), 'a.yaml:2: "timeout" must be longer than nothing, not 0'),
    "yes for true": (in_measure("memory: yes"), 'a.yaml:2: "memory" must be true or false, not "yes"'),
    "no memory": (in_measure("memory_limit: 0B"), 'a.yaml:2: "memory_limit" must be at least 1, not 0'),
    "blocks in words": (in_measure("blocks: many"), 'a.yaml:2: "blocks" must be a whole number or {min: …, max: …}'),
    "no blocks": (in_measure("blocks: 0"), '"min" must be at least 1, not 0'),
    "blocks the wrong way round": (in_measure("blocks: {min: 8, max: 3}"),
                                   'a.yaml:2: "blocks" must have min (8) at or below max (3)'),
    "unknown exclude field": (in_grid("exclude:\n      - {strateg: serial, reason: x}"),
                              ('a.yaml:6: unknown key "strateg"; allowed: reason, workload, strategy, workers, '
                              'interpreter, tasks; did you mean "strategy"?')),
    "exclude by a parameter of another grid": (in_grid("exclude: [{seconds: 1s}]"), 'a.yaml:5: unknown key "seconds"'),
    "exclude without a field": (in_grid("exclude:\n      - {workload: noop}\n      - reason: because"),
                                "a.yaml:7: an exclude needs at least one field, such as"),
    "exclude that is no mapping": (in_grid("exclude: [noop]"), 'a.yaml:5: an entry of "exclude" must be a mapping'),
    "exclude that is no list": (in_grid("exclude: noop"), 'a.yaml:5: "exclude" must be a list, not "noop"'),
    "exclude of a misspelt name": (in_grid('exclude: [{workload: nop, strategy: serial}]'),
                                   'a.yaml:5: "workload" matches nothing: "nop"; did you mean "noop"?'),
    "exclude with a pattern of nothing": (in_grid('exclude: [{strategy: "proc?"}]'),
                                          'a.yaml:5: "strategy" matches nothing: "proc?"'),
    "exclude with a wrong comparison": (in_grid('exclude: [{workers: "> cpu"}]'), 'a.yaml:5: "workers" must be a whol'),
    "exclude with a comparison of names": (in_grid('exclude: [{strategy: "> serial"}]'),
                                           'a.yaml:5: "strategy" must be a pattern such as "sleep*" or "!= sleep*"'),
    "exclude with half a comparison": (in_grid('exclude: [{workers: ">"}]'), 'a.yaml:5: "workers" must be a value or'),
    "too many cases": (in_grid(f"workers: {list(range(1, 202))}\n    interpreters: {list(range(100))}"),
                       "a.yaml:3: the grid has 20,100 cases; at most 20,000 are allowed"),
    "a function without items": (HEAD + "  - workloads: jobs.py:resize\n    strategies: serial\n",
                                 'a.yaml:3: "items" is missing'),
    "extends of a wrong type": (f"extends: [a]\n{SMALL}", 'a.yaml:1: "extends" must be the path of another YAML file'),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_mistake(case, mistakes):
    text, message = CASES[case]
    assert any(message in line for line in mistakes(text)), mistakes(text)
    assert all(line.startswith("a.yaml:") for line in mistakes(text))


YAML_CASES = {
    "duplicate key": (f"name: y\n{SMALL}", 'a.yaml:2: the key "name" is given twice, first in line 1; keep one'),
    "tab": ("name: x\ngrids:\n\t- workloads: noop\n\t  strategies: serial\n",
            "a.yaml:3: a tab indents this line; YAML allows only spaces there"),
    "tab before a key": ("name: x\n\tgrids: 1\n", "a.yaml:2: a tab indents this line"),
    "nothing": ("", "a.yaml:1: is empty; a configuration needs `name` and `grids`"),
    "comments only": ("# later\n\n", "a.yaml:1: is empty"),
    "only a start": ("---\n", "a.yaml:1: is empty"),
    "a list": ("- name: x\n", "a.yaml:1: a configuration is a mapping such as"),
    "a word": ("whatever", "a.yaml:1: a configuration is a mapping such as"),
    "several documents": (f"{SMALL}---\n{SMALL}", "a.yaml:5: a second document starts here"),
    "key that is a number": (f"{SMALL}1: x\n", "a.yaml:5: keys are text, not 1"),
    "key that is nothing": (f"{SMALL}~: x\n", "a.yaml:5: keys are text, not ~"),
    "key that is a list": (f"{SMALL}? [a]\n: x\n", "a.yaml:5: keys are text, not a sequence"),
    "unclosed quote": ('name: "x\ngrids: 3\n', ("a.yaml:3: is not YAML: found unexpected end of stream, while scanning"
                       " a quoted scalar that starts in line 1")),
    "unknown alias": ("name: *nobody\n", "a.yaml:1: is not YAML: found undefined alias"),
    "sign without quotes": (in_grid("exclude: [{workers: > cpus}]"), ("a.yaml:5: is not YAML: found character that can"
                            'not start any token, while scanning for the next token that starts in line 5; put a value'
                            ' that begins with a sign in quotes, such as "> cpus"')),
    "tag": ("name: !!python/object/apply:os.getpid []\n", "a.yaml:1: the tag tag:yaml.org,2002:python/object/apply:os"),
    "endless number": (in_measure("iterations: " + "9" * 5000), '"9999999999999999999999999999999999999999" is no int'),
    "alias of itself": ("name: x\ngrids: &all\n  - *all\n", "a.yaml:2: an alias refers to a value that contains it"),
    "nesting": ("[" * 100_000, "a.yaml:1: is nested too deeply; at most 32 levels are allowed"),
    "nesting in blocks": ("- " * 50_000, "a.yaml:1: is nested too deeply"),
    "many values": ("a:\n" + "- 1\n" * 50_000, "holds too many values; at most 20,000 are allowed"),
}  # fmt: skip


@pytest.mark.parametrize("case", YAML_CASES)
def test_a_mistake_of_yaml(case, mistakes):
    text, message = YAML_CASES[case]
    lines = mistakes(text)
    assert any(message in line for line in lines), lines
    assert all(line.startswith("a.yaml:") for line in lines)


def test_an_alias_bomb(mistakes):
    bomb = "b0: &b0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"b{level}: &b{level} [{', '.join([f'*b{level - 1}'] * 9)}]\n" for level in range(1, 40)
    )
    assert mistakes(bomb + SMALL) == [
        "a.yaml:5: holds too many values, aliases written out; at most 20,000 are allowed"
    ]


def test_all_mistakes_at_once_in_the_order_of_the_lines(mistakes):
    lines = mistakes(
        "name: a b\n"
        "name: c\n"
        "measure: {iterations: 0, timeouts: 3s}\n"
        "grids:\n"
        "  - workloads: [slep, {use: sleep, second: 1, tasks: none}]\n"
        "    strategies: thread\n"
        "    workers: -1\n"
        "  - workloads: noop\n"
        "    strategies: []\n"
    )
    assert [line.split(": ")[0] for line in lines] == [
        *["a.yaml:1", "a.yaml:2", "a.yaml:3", "a.yaml:3", "a.yaml:5", "a.yaml:5", "a.yaml:5"],
        *["a.yaml:6", "a.yaml:7", "a.yaml:9"],
    ]


def test_a_mistake_in_measure_is_told_once_however_many_grids_inherit_it(mistakes):
    lines = mistakes("name: x\nmeasure: {iterations: 0}\ngrids:\n" + "  - {workloads: noop, strategies: serial}\n" * 3)
    assert lines == ['a.yaml:2: "iterations" must be at least 1, not 0']


def test_a_file_full_of_mistakes_does_not_fill_the_terminal(mistakes):
    lines = mistakes(SMALL + "".join(f"key{number}: 1\n" for number in range(1000)))
    assert len(lines) == 51
    assert lines[-1] == "and 950 more"
