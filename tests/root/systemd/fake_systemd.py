#!/usr/bin/python3
"""A service that stands in for systemd on the bus of DBUS_SYSTEM_BUS_ADDRESS: what a unit's name begins with says how it
behaves. Every call is written to the file given as argument, one line of JSON each, as libdbus has decoded it."""
import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.systemd1"
PATH = "/org/freedesktop/systemd1"
MANAGER = NAME + ".Manager"


class Refusal(dbus.DBusException):
    def __init__(self, name, text):
        super().__init__(text)
        self._dbus_error_name = name


def plain(value):
    """With the type of D-Bus, since many become the same in JSON."""
    if isinstance(value, dbus.Array):
        return [f"a{value.signature}", [plain(entry) for entry in value]]
    if isinstance(value, (dbus.Struct, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, dbus.Boolean):
        return ["b", bool(value)]
    if isinstance(value, dbus.Double):
        return ["d", float(value)]
    if isinstance(value, int):
        return [type(value).__name__, int(value)]
    return str(value)


class Systemd(dbus.service.Object):
    def __init__(self, bus, log):
        super().__init__(dbus.service.BusName(NAME, bus), PATH)
        self.log = log
        self.job = 0
        self.failed = {"exists.scope"}
        self.forger = dbus.bus.BusConnection(sys.argv[2])

    def note(self, *call):
        self.log.write(json.dumps([plain(entry) for entry in call]) + "\n")
        self.log.flush()

    def start_job(self, unit, sender):
        self.job += 1
        job = f"{PATH}/job/{self.job}"
        if unit.startswith("forged"):
            message = dbus.lowlevel.SignalMessage(PATH, MANAGER, "JobRemoved")
            message.set_destination(sender)
            message.append(self.job, dbus.ObjectPath(job), unit, "failed", signature="uoss")
            self.forger.send_message(message)
            self.forger.flush()
        if unit.startswith("early"):
            self.JobRemoved(self.job, job, unit, "done")
        elif not unit.startswith("endless"):
            result = "failed" if unit.startswith("failed") else "done"
            number = self.job
            # The jobs of others, and a reply long before the signal.
            GLib.timeout_add(20, lambda: self.JobRemoved(number + 1000, job + "000", unit, "failed"))
            GLib.timeout_add(50, lambda: self.JobRemoved(number, job, unit, result))
        return dbus.ObjectPath(job)

    @dbus.service.method(MANAGER, in_signature="ssa(sv)a(sa(sv))", out_signature="o", async_callbacks=("answer", "refuse"),
                         sender_keyword="sender")
    def StartTransientUnit(self, name, mode, properties, others, answer, refuse, sender=None):
        self.note("start", name, mode, properties, others)
        if name in self.failed or name.startswith("taken"):
            refuse(Refusal(NAME + ".UnitExists", f"Unit {name} already exists."))
        elif name.startswith("denied"):
            refuse(Refusal("org.freedesktop.DBus.Error.AccessDenied", "Permission denied"))
        elif not name.startswith("silent"):
            answer(self.start_job(name, sender))

    @dbus.service.method(MANAGER, in_signature="ss", out_signature="o", sender_keyword="sender")
    def StopUnit(self, name, mode, sender=None):
        self.note("stop", name, mode)
        if name.startswith("gone"):
            raise Refusal(NAME + ".NoSuchUnit", f"Unit {name} not loaded.")
        return self.start_job(name, sender)

    @dbus.service.method(MANAGER, in_signature="s")
    def ResetFailedUnit(self, name):
        self.note("reset", name)
        self.failed.discard(name)

    @dbus.service.method(MANAGER, in_signature="sba(sv)")
    def SetUnitProperties(self, name, runtime, properties):
        self.note("set", name, runtime, properties)

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        return {"ControlGroup": "/user.slice/x.service", "Version": "v252.22-1~deb12u1"}[name]

    @dbus.service.signal(MANAGER, signature="uoss")
    def JobRemoved(self, number, job, unit, result):
        pass


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
with open(sys.argv[1], "a", encoding="utf-8") as file:
    service = Systemd(dbus.bus.BusConnection(sys.argv[2]), file)
    print("ready", flush=True)
    GLib.MainLoop().run()
