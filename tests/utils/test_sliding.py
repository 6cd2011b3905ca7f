from wav2lip.utils.sliding import sliding


def test_every_item_comes_once_with_its_neighbours():
    found = [(held[at], held) for held, at in sliding(range(5), behind=2, ahead=1)]
    assert found == [
        (0, [0, 1]),
        (1, [0, 1, 2]),
        (2, [0, 1, 2, 3]),
        (3, [1, 2, 3, 4]),
        (4, [2, 3, 4]),
    ]
    assert list(sliding([], 1, 1)) == []
    assert list(sliding([7], 3, 3)) == [([7], 0)]


def test_no_more_is_read_than_is_needed():
    read = []

    def source():
        for number in range(100):
            read.append(number)
            yield number

    items = sliding(source(), behind=0, ahead=2)
    assert [next(items)[0], next(items)[0]] == [[0, 1, 2], [1, 2, 3]]
    assert read == [0, 1, 2, 3]
