"""What a page needs before it is read: stood upright, for now.

`chain.prepared` is the way in and the order of the steps; each step is a file of its own, which takes a grey page and
gives a grey page or says that there is nothing to do. `page.Prepared` is what comes out, and knows the way back.
Engines are met here only as `base.LineReader`.
"""
