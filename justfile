# The whole of CI.
ci:
    .ci/run

# The pages of the book that are made from the code and the controls.
reference:
    cargo run -- catalog reference book/src/reference
