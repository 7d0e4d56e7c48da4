.PHONY: gen

# Writes every generated file that is committed. CI runs it and wants no difference.
gen:
	cargo run --quiet --package gen-rust
