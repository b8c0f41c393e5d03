import ArchPriorCommands

ArchPriorCommand.main()
