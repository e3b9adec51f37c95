"""A 360dialog provider on the loopback interface, for people who try Kanal and for its tests.

It answers as waba-v2.360dialog.io does (messages, statuses by webhook, templates, webhook configuration,
health), keeps the provider's own limits, and can be told over `/_control` to fail in chosen ways. It knows
nothing about Kanal and shares no code with it, so that a wrong belief of ours does not confirm itself.
"""
