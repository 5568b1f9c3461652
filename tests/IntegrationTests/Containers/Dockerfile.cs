using System.Text.RegularExpressions;

namespace Portico.IntegrationTests.Containers;

/// <summary>An instruction of a stage, such as <c>RUN dotnet restore</c>.</summary>
internal sealed record Instruction(string Stage, string Verb, string Arguments);

/// <summary>Reads as much of the Dockerfile as it uses: stages, continued lines and comments.</summary>
internal static partial class Dockerfile
{
    public static IReadOnlyList<Instruction> Read()
    {
        var text = Continuation().Replace(Comment().Replace(File.ReadAllText(Repository.File("Dockerfile")), ""), " ");
        var instructions = new List<Instruction>();
        var stage = "";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var parts = line.Split(' ', 2);
            if (parts[0] == "FROM")
                stage = parts[1].Split(" AS ")[1];
            instructions.Add(new Instruction(stage, parts[0], parts[1].Trim()));
        }

        return instructions;
    }

    /// <summary>The instructions that make the image of a stage, those of the stage that it begins with first.</summary>
    public static IReadOnlyList<Instruction> ReadImage(string target)
    {
        var all = Read();
        var begins = all.Single(instruction => instruction.Stage == target && instruction.Verb == "FROM").Arguments.Split(' ')[0];
        return [.. all.Where(instruction => instruction.Stage == begins), .. all.Where(instruction => instruction.Stage == target)];
    }

    /// <summary>The strings of an instruction in exec form.</summary>
    public static string[] Exec(string arguments) =>
        System.Text.Json.JsonSerializer.Deserialize<string[]>(arguments[arguments.IndexOf('[', StringComparison.Ordinal)..])!;

    [GeneratedRegex(@"^\s*#.*\n", RegexOptions.Multiline, 1000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\\\n\s*", RegexOptions.None, 1000)]
    private static partial Regex Continuation();
}
