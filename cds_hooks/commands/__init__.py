"""The subcommands of `cuecard`: one module each, with `run(options)`, imported when it is called."""
