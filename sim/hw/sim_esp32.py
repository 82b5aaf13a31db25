# esp32, with the chip's temperature, which is all that the firmware uses. Only newer chips have a calibrated sensor.
import world

if world.variant == "v3":

    def mcu_temperature():
        return world.CHIP_TEMPERATURE
