# esp32, of which the firmware asks the chip's temperature: only the newer chips have a calibrated one.
import world

if world.variant == "v3":

    def mcu_temperature():
        return world.CHIP_TEMPERATURE
