"""What the product costs in time and memory, each figure beside a reference in the same run: `python -m benchmarks`.

`figures` says what a figure is, `bench` holds the data that it works on, `harness` measures it in a process of its
own, `report` prints. Each other module measures one part of the product and lists its figures as `FIGURES`.
"""
