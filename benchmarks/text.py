"""Text for payloads. A seeded generator makes it from words, so that every run reads the same bytes."""

from random import Random

ENGLISH = """
the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one
you were all her would there their will when who him been has more if no out do so what up said about other into than
time only could new them man some these then two first may any like now my such make over our even most state after
also made many did must before back see through way where get much go well your should because each people those
championship tournament winner season report market energy research university government policy development
international European committee published according analysis results increased compared previous quarter
"""
WORLD = """
la théorie été où déjà naïve über straße größe für año niño más información
быть время человек который можно Україна ελληνικά αποτέλεσμα
日本語 東京 経済 研究 分析 結果 報告書 中文 北京 经济 发展 研究 한국어 서울 연구 결과
العربية النتائج البحث עברית תוצאות हिन्दी परिणाम अनुसंधान ไทย ผลลัพธ์
🎉 🚀 ✅ 👩\u200d💻 €
"""


class Author:
    """Writes prose, code output and identifiers. The result depends only on the seed."""

    def __init__(self, seed: int, words: str = ENGLISH) -> None:
        self._random = Random(seed)
        self._words = words.split()

    def words(self, count: int) -> str:
        return " ".join(self._random.choices(self._words, k=count))

    def prose(self, length: int) -> str:
        """``length`` characters of sentences in paragraphs, with quotes and line ends that JSON has to escape."""
        written: list[str] = []
        size = 0
        while size < length:
            sentence = self.words(self._random.randint(6, 22)).capitalize()
            if self._random.random() < 0.1:
                sentence = f'"{sentence}"'
            sentence += ".\n\n" if self._random.random() < 0.15 else ". "
            written.append(sentence)
            size += len(sentence)
        return "".join(written)[:length]

    def table(self, rows: int) -> str:
        """The output of a program: a line of numbers for each row."""
        gauss, whole = self._random.gauss, self._random.randint
        lines = [f"{row:>6}  {gauss(0, 1):.6f}  {whole(0, 10**6)}\t{self.words(1)}\n" for row in range(rows)]
        return "".join(lines)

    def hex(self, digits: int = 32) -> str:
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def base64(self, length: int) -> str:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        return "".join(self._random.choices(alphabet, k=length))

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def timestamp(self, second: int) -> str:
        """A time, with microseconds, on the day of all payloads: ``second`` seconds after midnight."""
        hours, rest = divmod(second % 86_400, 3600)
        return f"2025-05-27T{hours:02}:{rest // 60:02}:{rest % 60:02}.{self._random.randrange(10**6):06}Z"
