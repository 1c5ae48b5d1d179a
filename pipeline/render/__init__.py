"""Render: an original becomes pages, each with its words at once (a usable text layer) or as an image for OCR.

`kinds` tells what a file is (light, for the web process). `service` is what the child answers to, `source` opens an
original (`docx` lays out those of Word), `draw` makes one page of it, `preview` an image of one for people,
`searchable` a PDF of them all with the words that were read; `judge` decides between text and image from a page's
`contents`, `words` and `text_layer` statistics; `image_file` reads page images. All but `kinds` and `text_layer` import
C libraries that parse hostile files and belong in a killable child process, one thread in each; importing this package
imports none of them.
"""
