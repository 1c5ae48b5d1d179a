"""What a page needs before it is read: black on white, upright and, for Tesseract, level, evenly lit and large enough.

`chain.prepared` is the way in and the order of the steps; each step is a file of its own, which takes a grey page and
gives a grey page or says that there is nothing to do. `page.Prepared` is what comes out, and knows the way back.
Engines are met here only as `base.LineReader`.

Who needs what was measured on drawn pages, one in each script, share of the characters read right before and after
(in any order, `make eval` without its chain):

                                 Tesseract                   RapidOCR
    white on black               0.01 0.99 -> 1.00 0.99      0.01 1.00 -> 1.00 1.00
    askew by 2.9 degrees         0.55 0.96 -> 1.00 0.99      1.00 1.00
    photographed on a table      0.02 0.28 -> 1.00 0.96      1.00 1.00
    half in the shade            0.72 0.76 -> 1.00 1.00      1.00 1.00
    print of 5.5 and 6 points    0.89 1.00 -> 1.00 0.99      1.00 1.00
    7 points at 100 dpi          0.82 0.66 -> 0.99 0.96      1.00 1.00

RapidOCR needs the first step alone, so the others are done where Tesseract reads first. A page that needs nothing
costs some 20 ms for the looks, 40 ms for Tesseract's.
"""
